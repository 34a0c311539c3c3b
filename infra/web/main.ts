import { join } from "node:path";
import { createLogger } from "../../layers/platform/logger.ts";
import { stopOnSignal } from "../../layers/platform/process.ts";
import { startWebServer } from "./server.ts";

// The process that serves the web page behind Kong. On a laptop the development gateway starts the
// same server.

const env = process.env;

const start = async (): Promise<void> => {
  const server = await startWebServer({
    root: env["WEB_ROOT"] ?? join(import.meta.dirname, "../../web/dist"),
    port: Number(env["WEB_PORT"] ?? 3_109),
    host: env["LISTEN_HOST"],
  });
  stopOnSignal({ logger: createLogger({ service: "web", level: "warn" }), stop: [server.close] });
};

await start().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
