import { join } from "node:path";
import { z } from "zod";
import { networks } from "../../layers/platform/config/schema.ts";
import { loadTracing, parseVariables } from "../../layers/platform/config.ts";
import { createLogger } from "../../layers/platform/logger.ts";
import { stopOnSignal } from "../../layers/platform/process.ts";
import { startStatusServer } from "../../layers/platform/status-server.ts";
import { flushTraces, startTracing } from "../../layers/platform/tracing/tracing.ts";
import { laptopPage } from "../web/laptop-routes.ts";
import { startWebServer } from "../web/server.ts";
import { startGateway } from "./gateway.ts";
import { readKongFile } from "./kong-file.ts";

// The process of the development gateway, used where there is no Kong.

const ROOT = join(import.meta.dirname, "../..");
const env = process.env;
const path = env["KONG_DECLARATIVE_CONFIG"] ?? join(ROOT, "kong/kong.yml");
/** The host in kong.yml of the server of the web page, which runs in this process. */
const WEB_HOST = "web:3109";

const list = (value: string | undefined): readonly string[] =>
  (value ?? "").split(",").filter((item) => item !== "");

/** `orders-a:3101=127.0.0.1:13101,…`: the addresses of the file's hosts on this machine. */
const places = new Map(
  list(env["GATEWAY_HOSTS"]).flatMap((pair) => {
    const [host, place] = pair.split("=");
    return host === undefined || place === undefined ? [] : [[host, place] as const];
  }),
);

const settings = z.object({ GATEWAY_TRUSTED_PROXIES: networks.default([]) });
const instance = env["BROKERX_INSTANCE"] ?? "gateway";

const start = async () => {
  const logger = createLogger({ service: instance, level: "warn" });
  await startTracing(loadTracing(env), { service: instance, logger });
  const laptop = env["WEB_LAPTOP"];
  const web = await startWebServer({
    root: env["WEB_ROOT"] ?? join(ROOT, "web/dist"),
    port: 0,
    laptop: laptop === undefined ? undefined : laptopPage.parse(JSON.parse(laptop)),
  });
  places.set(WEB_HOST, `127.0.0.1:${web.port}`);
  const gateway = await startGateway({
    file: await readKongFile(path),
    port: Number(env["GATEWAY_PORT"] ?? 8_080),
    locate: (host) => places.get(host) ?? host,
    trustedProxies: parseVariables(settings, env).GATEWAY_TRUSTED_PROXIES,
  });
  const status = await startStatusServer({
    port: Number(env["GATEWAY_STATUS_PORT"] ?? 8_001),
    instance,
    health: async () => ({ proxy: "ok", ...gateway.upstreams() }),
    registry: gateway.registry,
  });
  stopOnSignal({ logger, stop: [gateway.close, status.close, web.close, flushTraces] });
};

await start().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
