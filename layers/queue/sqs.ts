import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  QueueDoesNotExist,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { Unavailable } from "../platform/unavailable.ts";
import { inBatches, MESSAGES_PER_BATCH } from "./batches.ts";

/** A message for a FIFO queue, which keeps the order of a group. */
export type OutgoingMessage = {
  readonly group: string;
  readonly deduplicationId: string;
  readonly body: string;
};

export type IncomingMessage = { readonly body: string; readonly receipt: string };

/**
 * A FIFO queue. Its messages are hints: correctness must not depend on a message that is lost,
 * late, duplicated or false.
 */
export type Queue = {
  /** Sends any number of messages, in order; throws Unavailable when a message was not accepted. */
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

/** A credential without a real secret: a local SQS server reads the account and checks nothing. */
const unsigned = (region: string) => ({
  sign: async <Request extends { readonly headers: Record<string, string> }>(request: Request) => {
    request.headers["authorization"] =
      `AWS4-HMAC-SHA256 Credential=local/20260101/${region}/sqs/aws4_request, ` +
      "SignedHeaders=host, Signature=0";
    return request;
  },
});

/**
 * Options for a local SQS server. In the cloud, credentials come from the environment, requests are
 * signed and checksums verified; over the loopback interface this would be a third of the cost of a
 * call.
 */
const toStandIn = (endpoint: string, region: string) => ({
  endpoint,
  credentials: { accessKeyId: "local", secretAccessKey: "local" },
  signer: unsigned(region),
  md5: false as const,
});
const REQUEST_TIMEOUT_MS = 2_000;
/** A received message that is not deleted is delivered again after this time. */
const VISIBILITY_SECONDS = 10;

const bounded = () => ({ abortSignal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });

const unavailable = (cause: unknown): never => {
  throw new Unavailable("the queue did not answer", { cause });
};

type Options = {
  readonly queueUrl: string;
  /** The address of a local SQS server; absent in the cloud. */
  readonly endpoint: string | undefined;
  readonly region: string;
};

/**
 * The queues of all shards, each opened at its first use. `queueUrl` is that of shard 0 and ends
 * in `-0.fifo`; the other URLs differ in the number.
 */
export const openQueues = (options: Options): ((shard: number) => Queue) => {
  const queues = new Map<number, Queue>();
  return (shard) => {
    const queueUrl = options.queueUrl.replace(/-0\.fifo$/, `-${shard}.fifo`);
    const queue = queues.get(shard) ?? openQueue({ ...options, queueUrl });
    queues.set(shard, queue);
    return queue;
  };
};

/**
 * A connection to SQS. A local server forgets its queues when it ends, so a missing queue is
 * created there; in the cloud the deployment creates the queues.
 */
const connect = ({ queueUrl, endpoint, region }: Options) => {
  const standIn = endpoint === undefined ? {} : toStandIn(endpoint, region);
  const client = new SQSClient({ region, maxAttempts: 2, ...standIn });
  const create = async (): Promise<void> => {
    const QueueName = queueUrl.split("/").at(-1);
    const Attributes = { FifoQueue: "true" };
    await client.send(new CreateQueueCommand({ QueueName, Attributes }), bounded());
  };
  const ask = async <Answer>(request: () => Promise<Answer>): Promise<Answer> => {
    try {
      return await request().catch(async (error: unknown) => {
        if (endpoint === undefined || !(error instanceof QueueDoesNotExist)) throw error;
        await create();
        return request();
      });
    } catch (error) {
      return unavailable(error);
    }
  };
  return { client, ask };
};

/** Connects to a queue by its URL. */
export const openQueue = (options: Options): Queue => {
  const { client, ask } = connect(options);
  const QueueUrl = options.queueUrl;

  const sendBatch = async (messages: readonly OutgoingMessage[]): Promise<void> => {
    const Entries = messages.map((message, index) => ({
      Id: String(index),
      MessageGroupId: message.group,
      MessageDeduplicationId: message.deduplicationId,
      MessageBody: message.body,
    }));
    const sent = await ask(() =>
      client.send(new SendMessageBatchCommand({ QueueUrl, Entries }), bounded()),
    );
    if ((sent.Failed ?? []).length > 0) unavailable(sent.Failed);
  };

  return {
    send: async (messages) => {
      for (const batch of inBatches(messages, ({ body }) => Buffer.byteLength(body)))
        await sendBatch(batch);
    },
    receive: async (waitSeconds, signal) => {
      const wanted = new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: MESSAGES_PER_BATCH,
        WaitTimeSeconds: waitSeconds,
        VisibilityTimeout: VISIBILITY_SECONDS,
      });
      const received = await ask(() => client.send(wanted, { abortSignal: signal }));
      return (received.Messages ?? []).map(({ Body = "", ReceiptHandle = "" }) => ({
        body: Body,
        receipt: ReceiptHandle,
      }));
    },
    remove: async (messages) => {
      for (const batch of inBatches(messages)) {
        const Entries = batch.map(({ receipt }, index) => ({
          Id: String(index),
          ReceiptHandle: receipt,
        }));
        await ask(() =>
          client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }), bounded()),
        );
      }
    },
    check: async () => {
      await ask(() =>
        client.send(
          new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }),
          bounded(),
        ),
      );
    },
    close: () => client.destroy(),
  };
};
