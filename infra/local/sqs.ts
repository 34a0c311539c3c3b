import { CreateQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import { buildApp } from "fauxqs";

const QUEUES = ["commands-0.fifo"];

/**
 * The embedded SQS server, real wire protocol, on the loopback address. It forgets everything when
 * it ends, its queues too: they are made anew here, and the relay sends again what was not settled.
 */
export const startSqs = async (port: number): Promise<{ readonly close: () => Promise<void> }> => {
  const app = buildApp({ logger: false });
  await app.listen({ host: "127.0.0.1", port });
  const client = new SQSClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
  for (const QueueName of QUEUES)
    await client.send(new CreateQueueCommand({ QueueName, Attributes: { FifoQueue: "true" } }));
  client.destroy();
  return { close: async () => app.close() };
};

if (import.meta.main) {
  const server = await startSqs(Number(process.env["PORT"]));
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => server.close().finally(() => process.exit(0)));
}
