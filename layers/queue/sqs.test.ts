import assert from "node:assert/strict";
import { test } from "node:test";
import { Unavailable } from "../platform/unavailable.ts";
import { testQueue } from "../testing/queue.ts";
import { openQueue } from "./sqs.ts";

const queues = await testQueue();
const hear = async (shard: number): Promise<readonly string[]> => {
  const queue = queues.queueOf(shard);
  const messages = await queue.receive(1, new AbortController().signal);
  await queue.remove(messages);
  return messages.map(({ body }) => body);
};

test("every shard has a queue of its own, created by the first process that needs it", async () => {
  for (const shard of [0, 1, 2])
    await queues
      .queueOf(shard)
      .send([{ group: "AAPL", deduplicationId: "1", body: `for shard ${shard}` }]);
  for (const shard of [2, 1, 0]) assert.deepEqual(await hear(shard), [`for shard ${shard}`]);
  assert.deepEqual(await hear(3), []);
});

test("a missing queue is an outage, not a crash", async () => {
  const nowhere = openQueue({
    queueUrl: "http://127.0.0.1:9/000000000000/commands-0.fifo",
    endpoint: "http://127.0.0.1:9",
    region: "us-east-1",
  });
  await assert.rejects(nowhere.check(), Unavailable);
  nowhere.close();
});
