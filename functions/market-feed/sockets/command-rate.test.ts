import assert from "node:assert/strict";
import { test } from "node:test";
import { createAllowance } from "./command-rate.ts";

test("a burst of sixty is taken, then twenty a second", () => {
  let now = 0;
  const mayTake = createAllowance(() => now);
  const taken = () => Array.from({ length: 100 }, mayTake).filter(Boolean).length;
  assert.equal(taken(), 60);
  now += 500;
  assert.equal(taken(), 10);
  now += 60_000;
  assert.equal(taken(), 60);
});
