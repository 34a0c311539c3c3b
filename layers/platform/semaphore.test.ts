import assert from "node:assert/strict";
import { test } from "node:test";
import { createSemaphore } from "./semaphore.ts";
import { Unavailable } from "./unavailable.ts";

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

test("work over the limit waits in a queue, and work over the queue's length is refused", async () => {
  const semaphore = createSemaphore({ running: 2, waiting: 3 });
  const order: number[] = [];
  let running = 0;
  let most = 0;
  const work = (name: number) =>
    semaphore(async () => {
      running += 1;
      most = Math.max(most, running);
      await tick();
      order.push(name);
      running -= 1;
    });
  const results = await Promise.allSettled([1, 2, 3, 4, 5, 6, 7].map(work));
  assert.equal(most, 2);
  assert.deepEqual(order, [1, 2, 3, 4, 5]);
  const refusals = results.slice(5).map((result) => "reason" in result && result.reason);
  assert.ok(refusals.every((reason) => reason instanceof Unavailable));
});

test("work that fails frees its place", async () => {
  const semaphore = createSemaphore({ running: 1, waiting: 0 });
  for (let count = 0; count < 3; count += 1)
    await assert.rejects(
      semaphore(() => Promise.reject(new Error("no"))),
      /no/,
    );
  assert.equal(await semaphore(async () => "yes"), "yes");
});

test("a free place goes to the work that has waited longest", async () => {
  const semaphore = createSemaphore({ running: 1, waiting: 1 });
  const order: string[] = [];
  const first = semaphore(tick).then(() => {
    void semaphore(async () => order.push("came now"));
  });
  const second = semaphore(async () => {
    order.push("waited");
    await tick();
  });
  await Promise.all([first, second]);
  await tick();
  assert.deepEqual(order, ["waited", "came now"]);
});
