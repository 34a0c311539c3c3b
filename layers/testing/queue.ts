import { randomBytes } from "node:crypto";
import { after } from "node:test";
import { buildApp } from "fauxqs";
import { openQueues, type Queue } from "../queue/sqs.ts";
import { freePort } from "./free-port.ts";

/** The SQS server that TEST_SQS_ENDPOINT names (for example LocalStack), else an embedded one. */
const sqsServer = async () => {
  const given = process.env["TEST_SQS_ENDPOINT"];
  if (given !== undefined) return { endpoint: given, close: async () => {} };
  const port = await freePort();
  const app = buildApp({ logger: false });
  await app.listen({ host: "127.0.0.1", port });
  return { endpoint: `http://127.0.0.1:${port}`, close: async () => app.close() };
};

/** Real SQS FIFO queues for this test file: that of shard 0, and of any shard. */
export const testQueue = async (): Promise<
  Queue & {
    readonly queueUrl: string;
    readonly endpoint: string;
    readonly queueOf: (shard: number) => Queue;
  }
> => {
  const server = await sqsServer();
  const { endpoint } = server;
  const queueUrl = `${endpoint}/000000000000/test-${randomBytes(6).toString("hex")}-0.fifo`;
  const queueOf = openQueues({ queueUrl, endpoint, region: "us-east-1" });
  const queue = queueOf(0);
  after(async () => {
    queue.close();
    await server.close();
  });
  return { ...queue, queueUrl, endpoint, queueOf };
};
