import { after } from "node:test";
import { startSqs } from "../../infra/local/sqs.ts";
import { openQueue, type Queue } from "../queue/sqs.ts";
import { freePort } from "./free-port.ts";

/** A real SQS FIFO queue for this test file, on the embedded server. */
export const testQueue = async (): Promise<
  Queue & { readonly queueUrl: string; readonly endpoint: string }
> => {
  const port = await freePort();
  const server = await startSqs(port);
  const endpoint = `http://127.0.0.1:${port}`;
  const queueUrl = `${endpoint}/000000000000/commands-0.fifo`;
  const queue = openQueue({ queueUrl, endpoint, region: "us-east-1" });
  after(async () => {
    queue.close();
    await server.close();
  });
  return { ...queue, queueUrl, endpoint };
};
