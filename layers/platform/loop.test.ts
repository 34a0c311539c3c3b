import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { type LoopOptions, startLoop } from "./loop.ts";

const NEVER_MS = 3_600_000;

/** A loop whose passes are counted and logged, with pauses longer than the test. */
const loopOf = (pass: LoopOptions["pass"], options: Partial<LoopOptions> = {}) => {
  const logged: string[] = [];
  const log = (_facts: object, text: string): void => {
    logged.push(text);
  };
  const logger = { info: log, warn: log };
  const loop = startLoop({ name: "test", logger, pauseMs: NEVER_MS, pass, ...options });
  return { loop, logged };
};

test("a loop runs at once, runs again when it is woken, and not while it is idle", async () => {
  let passes = 0;
  const { loop } = loopOf(async () => {
    passes += 1;
    return "idle";
  });
  await loop.nextPass();
  const before = passes;
  await loop.nextPass();
  assert.equal(passes, before + 1);
  await loop.stop();
  loop.wake();
  assert.equal(passes, before + 1);
});

test("a wake-up during a pass is not lost, and passes never overlap", async () => {
  let running = 0;
  let passes = 0;
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  const { loop } = loopOf(async () => {
    running += 1;
    assert.equal(running, 1);
    passes += 1;
    if (passes === 1) await first.promise;
    else second.resolve();
    running -= 1;
    return "idle";
  });
  loop.wake();
  first.resolve();
  await second.promise;
  assert.equal(passes, 2);
  await loop.stop();
});

test("a pass that has more to do is followed by the next one without a pause", async () => {
  const done = Promise.withResolvers<void>();
  let left = 5;
  const { loop } = loopOf(async () => {
    left -= 1;
    if (left > 0) return "more";
    done.resolve();
    return "idle";
  });
  await done.promise;
  await loop.stop();
  assert.equal(left, 0);
});

test("failures are logged once when they begin and once when they end, and counted", async () => {
  const counted: number[] = [];
  const done = Promise.withResolvers<void>();
  const { loop, logged } = loopOf(
    async ({ failures }) => {
      counted.push(failures);
      if (failures < 3) throw new Error("no database");
      done.resolve();
      return "idle";
    },
    { retryMs: 1, longestRetryMs: 2 },
  );
  await done.promise;
  await loop.stop();
  assert.deepEqual(counted, [0, 1, 2, 3]);
  assert.deepEqual(logged, ["loop failed", "loop works again"]);
});

test("wake-ups do not shorten the pause after a failure", async () => {
  let passes = 0;
  const { loop } = loopOf(
    async () => {
      passes += 1;
      throw new Error("no database");
    },
    { retryMs: NEVER_MS, longestRetryMs: NEVER_MS },
  );
  for (let count = 0; count < 100; count += 1) {
    loop.wake();
    await new Promise(setImmediate);
  }
  assert.equal(passes, 1);
  await loop.stop();
});

test("stopping waits for the running pass, aborts its signal, and settles waiting calls", async () => {
  let ended = false;
  const begun = Promise.withResolvers<void>();
  const { loop, logged } = loopOf(async ({ signal }) => {
    begun.resolve();
    await once(signal, "abort");
    ended = true;
    throw new Error("interrupted");
  });
  await begun.promise;
  const waiting = loop.nextPass();
  await loop.stop();
  assert.equal(ended, true);
  assert.deepEqual(logged, [], "a pass that stopping interrupted has not failed");
  await waiting;
});

test("a first pause delays the first pass until the loop is woken", async () => {
  let passes = 0;
  const { loop } = loopOf(
    async () => {
      passes += 1;
      return "idle";
    },
    { firstPauseMs: NEVER_MS },
  );
  await new Promise(setImmediate);
  assert.equal(passes, 0);
  await loop.nextPass();
  assert.equal(passes, 1);
  await loop.stop();
});
