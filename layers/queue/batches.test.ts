import assert from "node:assert/strict";
import { test } from "node:test";
import { inBatches } from "./batches.ts";

test("a batch has at most ten messages", () => {
  const messages = Array.from({ length: 23 }, (_, index) => index);
  const batches = inBatches(messages);
  assert.deepEqual(
    batches.map(({ length }) => length),
    [10, 10, 3],
  );
  assert.deepEqual(batches.flat(), messages);
});

test("a batch has at most 200 KiB, and a larger message is sent alone", () => {
  const sizes = [150, 60, 140, 190, 20, 240, 1].map((kib) => kib * 1024);
  assert.deepEqual(
    inBatches(sizes, (size) => size).map((batch) => batch.map((size) => size / 1024)),
    [[150], [60, 140], [190], [20], [240], [1]],
  );
});

test("no messages give no batch", () => {
  assert.deepEqual(inBatches([]), []);
});
