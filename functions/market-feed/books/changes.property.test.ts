import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { applyDepth, EMPTY_DEPTH, type Level } from "../../../layers/domain/market/book-depth.ts";
import { money, shares } from "../../../layers/domain/units.ts";
import { type Change, joinChanges } from "./changes.ts";

const level = fc
  .record({ price: fc.integer({ min: 1, max: 8 }), quantity: fc.integer({ min: 0, max: 3 }) })
  .map(
    ({ price, quantity }): Level => ({
      price: money(BigInt(price)),
      quantity: shares(quantity),
    }),
  );
const change = fc.record({
  firstSeq: fc.nat(),
  depth: fc.record({ bids: fc.array(level), asks: fc.array(level) }),
  trades: fc.constant([]),
  quote: fc.constant({ bid: undefined, ask: undefined, mid: undefined, last: undefined }),
});

test("joined changes lead to the same book as separate ones, whenever a client subscribed", () => {
  fc.assert(
    fc.property(change, fc.array(change), fc.nat(), (first, later, joined) => {
      const changes: [Change, ...Change[]] = [first, ...later];
      const end = changes.map(({ depth }) => depth).reduce(applyDepth, EMPTY_DEPTH);
      const seen = changes.slice(0, joined % (changes.length + 1));
      const start = seen.map(({ depth }) => depth).reduce(applyDepth, EMPTY_DEPTH);
      const together = joinChanges(changes);
      assert.deepEqual(applyDepth(start, together.depth), end);
      assert.equal(together.firstSeq, first.firstSeq);
      const prices = together.depth.bids.map(({ price }) => price);
      assert.equal(new Set(prices).size, prices.length);
    }),
    { numRuns: 500 },
  );
});
