import assert from "node:assert/strict";
import { test } from "node:test";
import { createTokenBucket } from "./token-bucket.ts";

const bucket = () => {
  let now = 0;
  const tokens = createTokenBucket({ burst: 60, perSecond: 20, now: () => now });
  const advance = (ms: number): void => {
    now += ms;
  };
  return { ...tokens, advance };
};

test("a burst of sixty is allowed, then twenty a second", () => {
  const { take, advance } = bucket();
  const taken = () => Array.from({ length: 100 }, () => take()).filter(Boolean).length;
  assert.equal(taken(), 60);
  advance(500);
  assert.equal(taken(), 10);
  advance(60_000);
  assert.equal(taken(), 60);
});

test("a request that costs more than the remaining tokens is refused and takes none", () => {
  const { take, advance } = bucket();
  assert.equal(take(50), true);
  assert.equal(take(11), false);
  assert.equal(take(10), true);
  advance(1_000);
  assert.equal(take(21), false);
  assert.equal(take(20), true);
});
