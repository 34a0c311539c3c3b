import {
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { Unavailable } from "../platform/unavailable.ts";

/** One message to a FIFO queue: order holds within a group. */
export type OutgoingMessage = {
  readonly group: string;
  readonly deduplicationId: string;
  readonly body: string;
};

export type IncomingMessage = { readonly body: string; readonly receipt: string };

/** A FIFO queue. It carries copies: a lost, late or doubled message must never matter. */
export type Queue = {
  /** Sends up to any number of messages, in order; throws Unavailable when one was not taken. */
  readonly send: (messages: readonly OutgoingMessage[]) => Promise<void>;
  /** Waits up to `waitSeconds` for up to ten messages. */
  readonly receive: (
    waitSeconds: number,
    signal: AbortSignal,
  ) => Promise<readonly IncomingMessage[]>;
  readonly remove: (messages: readonly IncomingMessage[]) => Promise<void>;
  /** Resolves when the queue answers, throws Unavailable otherwise. */
  readonly check: () => Promise<void>;
  readonly close: () => void;
};

/** What stand-ins for AWS accept; the cloud's own come from the environment. */
const LOCAL_CREDENTIALS = { accessKeyId: "local", secretAccessKey: "local" };
const BATCH = 10;
const REQUEST_TIMEOUT_MS = 2_000;
const VISIBILITY_SECONDS = 30;

const bounded = () => ({ abortSignal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });

const batches = <T>(items: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / BATCH) }, (_, index) =>
    items.slice(index * BATCH, (index + 1) * BATCH),
  );

const unavailable = (cause: unknown): never => {
  throw new Unavailable("the queue did not answer", { cause });
};

/** Connects to a queue by its URL; `endpoint` names a stand-in for AWS, absent in the cloud. */
export const openQueue = (options: {
  readonly queueUrl: string;
  readonly endpoint: string | undefined;
  readonly region: string;
}): Queue => {
  const { endpoint, region } = options;
  const standIn = endpoint === undefined ? {} : { endpoint, credentials: LOCAL_CREDENTIALS };
  const client = new SQSClient({ region, maxAttempts: 2, ...standIn });
  const QueueUrl = options.queueUrl;

  const sendBatch = async (messages: readonly OutgoingMessage[]): Promise<void> => {
    const Entries = messages.map((message, index) => ({
      Id: String(index),
      MessageGroupId: message.group,
      MessageDeduplicationId: message.deduplicationId,
      MessageBody: message.body,
    }));
    const sent = await client
      .send(new SendMessageBatchCommand({ QueueUrl, Entries }), bounded())
      .catch(unavailable);
    if ((sent.Failed ?? []).length > 0) unavailable(sent.Failed);
  };

  return {
    send: async (messages) => {
      for (const batch of batches(messages)) await sendBatch(batch);
    },
    receive: async (waitSeconds, signal) => {
      const received = await client
        .send(
          new ReceiveMessageCommand({
            QueueUrl,
            MaxNumberOfMessages: BATCH,
            WaitTimeSeconds: waitSeconds,
            VisibilityTimeout: VISIBILITY_SECONDS,
          }),
          { abortSignal: signal },
        )
        .catch(unavailable);
      return (received.Messages ?? []).map(({ Body = "", ReceiptHandle = "" }) => ({
        body: Body,
        receipt: ReceiptHandle,
      }));
    },
    remove: async (messages) => {
      for (const batch of batches(messages)) {
        const Entries = batch.map(({ receipt }, index) => ({
          Id: String(index),
          ReceiptHandle: receipt,
        }));
        await client
          .send(new DeleteMessageBatchCommand({ QueueUrl, Entries }), bounded())
          .catch(unavailable);
      }
    },
    check: async () => {
      await client
        .send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }), bounded())
        .catch(unavailable);
    },
    close: () => client.destroy(),
  };
};
