import { buildApp } from "fauxqs";

/**
 * The embedded SQS server, real wire protocol, on the loopback address. It forgets everything when
 * it ends, its queues too: whoever misses one makes it anew, and what was not settled is in the log.
 */
export const startSqs = async (port: number): Promise<{ readonly close: () => Promise<void> }> => {
  const app = buildApp({ logger: false });
  await app.listen({ host: "127.0.0.1", port });
  return { close: async () => app.close() };
};

if (import.meta.main) {
  const server = await startSqs(Number(process.env["PORT"]));
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => server.close().finally(() => process.exit(0)));
}
