import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientId } from "../../../layers/domain/identifiers.ts";
import { createSnapshotRate } from "./snapshot-rate.ts";

test("a client is sent a thousand books at once, then fifty a second; another client is not affected", () => {
  let now = 0;
  const take = createSnapshotRate(() => now);
  const [busy, calm] = ["busy" as ClientId, "calm" as ClientId];
  for (let count = 0; count < 20; count += 1) assert.equal(take(busy, 50), true);
  assert.equal(take(busy, 1), false);
  assert.equal(take(calm, 50), true);
  now += 1_000;
  assert.equal(take(busy, 51), false);
  assert.equal(take(busy, 50), true);
});
