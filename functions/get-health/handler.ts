import { endpoint } from "../../layers/http/endpoint.ts";
import type { Queue } from "../../layers/queue/sqs.ts";
import { runtime } from "../../layers/runtime.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { getHealthContract } from "./contract.ts";
import { getHealth } from "./get-health.ts";

const { config, database } = runtime;
const { sqsQueueUrl: queueUrl } = config;

/** Loaded when it is first asked for: functions in the cloud have no route to the queues. */
const openQueue = async (url: string): Promise<Queue> => {
  const { openQueues } = await import("../../layers/queue/sqs.ts");
  return openQueues({ queueUrl: url, endpoint: config.sqsEndpoint, region: config.awsRegion })(0);
};
let queue: Promise<Queue> | undefined;

/** The queue of shard 0 stands for all. */
const checkQueue = async (url: string): Promise<void> => {
  queue ??= openQueue(url);
  await (await queue).check();
};

const parts = {
  database: () => database.query(sql`select 1`),
  ...(queueUrl === undefined ? {} : { queue: () => checkQueue(queueUrl) }),
};

/** `GET /health` of every service that answers HTTP through functions. */
export const handler = endpoint(runtime, getHealthContract, () =>
  getHealth(config.instance, parts),
);
