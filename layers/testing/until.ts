import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";

const LOOK_MS = 10;

/** Polls until a condition holds; fails with a message when it does not hold in time. */
export const until = async (
  condition: () => boolean | Promise<boolean>,
  what: string,
  forMs = 30_000,
): Promise<void> => {
  const deadline = performance.now() + forMs;
  while (!(await condition())) {
    assert.ok(performance.now() < deadline, `still waiting after ${forMs} ms: ${what}`);
    await delay(LOOK_MS);
  }
};
