import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SEED } from "../../testing/random.ts";
import { money, shares } from "../units.ts";
import { extraHold } from "./amendment.ts";

const price = fc.bigInt({ min: 1n, max: 300n }).map(money);
const quantity = fc.integer({ min: 1, max: 60 });

/** An open order, new terms for it, and the quantity that is filled before the matcher decides. */
const replaces = fc
  .record({
    direction: fc.constantFrom("buy", "sell"),
    quantity,
    filled: fc.nat(60),
    filledMeanwhile: fc.nat(60),
    collarPrice: price,
    newPrice: price,
    newQuantity: quantity,
  })
  .filter((replace) => replace.filled + replace.filledMeanwhile < replace.quantity)
  .filter((replace) => replace.newQuantity > replace.filled);

const held = (direction: string, at: bigint, open: number): bigint =>
  direction === "buy" ? at * BigInt(open) : BigInt(open);

test("a replace reserves enough, whatever is filled before it is decided", () => {
  let short = 0;
  fc.assert(
    fc.property(replaces, (replace) => {
      const { direction, collarPrice, newPrice, filled, filledMeanwhile } = replace;
      const before = {
        openQuantity: shares(replace.quantity - filled),
        quantity: shares(replace.quantity),
      };
      const next = { collarPrice: newPrice, quantity: shares(replace.newQuantity) };
      const extra = extraHold({ direction, collarPrice, ...before }, next);
      const gone = filled + filledMeanwhile;
      const needed = held(direction, newPrice, Math.max(0, replace.newQuantity - gone));
      const kept = held(direction, collarPrice, replace.quantity - gone);
      if (needed > kept) short += 1;
      assert.ok(kept + extra >= needed);
    }),
    { seed: SEED, numRuns: 5_000 },
  );
  assert.ok(short > 500, `only ${short} replaces needed more than was held (seed ${SEED})`);
});

test("a replace that needs no more than is held reserves nothing", () => {
  fc.assert(
    fc.property(replaces, (replace) => {
      const { direction, collarPrice, newPrice } = replace;
      if (newPrice > collarPrice || replace.newQuantity > replace.quantity) return;
      const open = {
        openQuantity: shares(replace.quantity - replace.filled),
        quantity: shares(replace.quantity),
      };
      const next = { collarPrice: newPrice, quantity: shares(replace.newQuantity) };
      assert.equal(extraHold({ direction, collarPrice, ...open }, next), 0n);
    }),
    { seed: SEED, numRuns: 5_000 },
  );
});
