import { buildApp } from "fauxqs";
import { createLogger } from "../../../layers/platform/logger.ts";
import { stopOnSignal } from "../../../layers/platform/process.ts";

/**
 * Starts the embedded SQS server, which speaks the real wire protocol, on the loopback address. It
 * keeps nothing when it ends, not even the queues. A client creates a missing queue again, and the
 * command log in PostgreSQL has every command that was not settled.
 */
export const startSqs = async (port: number): Promise<{ readonly close: () => Promise<void> }> => {
  const app = buildApp({ logger: false });
  await app.listen({ host: "127.0.0.1", port });
  return { close: async () => app.close() };
};

if (import.meta.main) {
  const server = await startSqs(Number(process.env["PORT"]));
  stopOnSignal({ logger: createLogger({ service: "sqs", level: "info" }), stop: [server.close] });
}
