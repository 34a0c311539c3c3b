import { join } from "node:path";
import { loadTracing } from "../../layers/platform/config.ts";
import { createLogger } from "../../layers/platform/logger.ts";
import { stopOnSignal } from "../../layers/platform/process.ts";
import { startStatusServer } from "../../layers/platform/status-server.ts";
import { flushTraces, startTracing } from "../../layers/platform/tracing.ts";
import { startGateway } from "./gateway.ts";
import { readKongFile } from "./kong-file.ts";

// The development gateway's process: what stands before the services where there is no Kong.

const env = process.env;
const path = env["KONG_DECLARATIVE_CONFIG"] ?? join(import.meta.dirname, "../../kong/kong.yml");

/** `orders-a:3101=127.0.0.1:13101,…`: where the hosts of the file are on this machine. */
const places = new Map(
  (env["GATEWAY_HOSTS"] ?? "").split(",").flatMap((pair) => {
    const [host, place] = pair.split("=");
    return host === undefined || place === undefined ? [] : [[host, place] as const];
  }),
);

const instance = env["BROKERX_INSTANCE"] ?? "gateway";

const start = async () => {
  const logger = createLogger({ service: instance, level: "warn" });
  await startTracing(loadTracing(env), { service: instance, logger });
  const gateway = await startGateway({
    file: await readKongFile(path),
    port: Number(env["GATEWAY_PORT"] ?? 8_080),
    locate: (host) => places.get(host) ?? host,
  });
  const status = await startStatusServer({
    port: Number(env["GATEWAY_STATUS_PORT"] ?? 8_001),
    instance,
    health: async () => ({ proxy: "ok", ...gateway.upstreams() }),
    registry: gateway.registry,
  });
  stopOnSignal({ logger, stop: [gateway.close, status.close, flushTraces] });
};

await start().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
