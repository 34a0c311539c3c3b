import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { money, shares } from "../units.ts";
import { applyDepth, type BookDepth, EMPTY_DEPTH, type Level } from "./book-depth.ts";

const level = fc
  .record({ price: fc.integer({ min: 1, max: 12 }), quantity: fc.integer({ min: 0, max: 3 }) })
  .map(
    ({ price, quantity }): Level => ({
      price: money(BigInt(price)),
      quantity: shares(quantity),
    }),
  );
const changes = fc.record({ bids: fc.array(level), asks: fc.array(level) });

/** Computes the book from scratch: the last quantity of each price, without zeros, sorted. */
const naive = (batches: readonly BookDepth[], side: "bids" | "asks"): readonly Level[] => {
  const quantities = new Map<bigint, Level>();
  for (const batch of batches) for (const said of batch[side]) quantities.set(said.price, said);
  const direction = side === "bids" ? -1 : 1;
  return [...quantities.values()]
    .filter(({ quantity }) => quantity > 0)
    .sort((left, right) => direction * Number(left.price - right.price));
};

test("a book that follows the changes equals the book computed from all changes", () => {
  fc.assert(
    fc.property(fc.array(changes), (batches) => {
      const book = batches.reduce(applyDepth, EMPTY_DEPTH);
      assert.deepEqual(book, { bids: naive(batches, "bids"), asks: naive(batches, "asks") });
    }),
    { numRuns: 500 },
  );
});

test("applying a change a second time changes nothing", () => {
  fc.assert(
    fc.property(fc.array(changes), changes, (batches, last) => {
      const book = [...batches, last].reduce(applyDepth, EMPTY_DEPTH);
      assert.deepEqual(applyDepth(book, last), book);
    }),
  );
});
