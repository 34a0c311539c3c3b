import { buildApp } from "fauxqs";
import { createLogger } from "../../../layers/platform/logger.ts";
import { stopOnSignal } from "../../../layers/platform/process.ts";

/** Messages that `GET /sent-messages` shows. */
const SHOWN_MAX = 500;

type SentMessage = { readonly at: string; readonly body: string };

/** The bodies of a request that sends messages; none for any other request. */
const bodiesOf = (target: unknown, body: unknown): readonly string[] => {
  if (target !== "AmazonSQS.SendMessageBatch") return [];
  const { Entries = [] } = body as {
    readonly Entries?: readonly { readonly MessageBody: string }[];
  };
  return Entries.map(({ MessageBody }) => MessageBody);
};

/**
 * Starts the embedded SQS server, which speaks the real wire protocol, on the loopback address. It
 * keeps nothing when it ends, not even the queues. A client creates a missing queue again, and the
 * command log in PostgreSQL has every command that was not settled. A message is in the queue for some
 * milliseconds only; `GET /sent-messages` shows teachers the last ones.
 */
export const startSqs = async (port: number): Promise<{ readonly close: () => Promise<void> }> => {
  const app = buildApp({ logger: false });
  const sent: SentMessage[] = [];
  app.addHook("preHandler", async ({ headers, body }) => {
    const at = new Date().toISOString();
    for (const text of bodiesOf(headers["x-amz-target"], body)) sent.push({ at, body: text });
    if (sent.length > SHOWN_MAX) sent.splice(0, sent.length - SHOWN_MAX);
  });
  app.get("/sent-messages", async () => sent);
  await app.listen({ host: "127.0.0.1", port });
  return { close: async () => app.close() };
};

if (import.meta.main) {
  const server = await startSqs(Number(process.env["PORT"]));
  stopOnSignal({ logger: createLogger({ service: "sqs", level: "info" }), stop: [server.close] });
}
