import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { apply, createBook } from "./book.ts";
import { assertConsistent } from "./consistency.ts";
import { hash } from "./hash.ts";
import type { Command, Snapshot } from "./protocol.ts";
import { buy, sell, stopAt } from "./reference/market.ts";
import { restore, snapshot } from "./snapshot.ts";

const RUNS = Math.min(500, Number(process.env["ENGINE_RUNS"] ?? 500));
const SEED = Number(process.env["ENGINE_SEED"] ?? Date.now() % 2 ** 31);

/**
 * Values that no type check would accept, and values that it would: too large, fractional, unknown,
 * missing.
 */
const rubbish = fc.constantFrom<unknown>(
  ...[0, -0, 1, 2, 3, 100, -1, 0.5, 1e-7, 1e308, 2 ** 31 - 1, 2 ** 31, 2 ** 32 + 1, 2 ** 53],
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5n, "5", "", "buy", "stop"],
  ...["GTC", "decrement", "__proto__", null, undefined, true, false, {}, [], [1], Symbol("x")],
);

const good = {
  order: fc.integer({ min: 1, max: 60 }),
  owner: fc.integer({ min: 0, max: 3 }),
  side: fc.constantFrom("buy", "sell"),
  orderType: fc.constantFrom("limit", "market", "stop", "stop_limit"),
  quantity: fc.constantFrom(1, 5, 2 ** 31 - 1),
  price: fc.constantFrom(1, 99, 100, 101, 2 ** 31 - 1),
  stopPrice: fc.constantFrom(undefined, 99, 100, 101),
  timeInForce: fc.constantFrom("DAY", "GTC", "GTD", "IOC", "FOK"),
  postOnly: fc.boolean(),
  selfTradePrevention: fc.constantFrom("expire_taker", "expire_maker", "expire_both", "decrement"),
};

/** A command with invalid values in some fields. */
const commands: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 1, arbitrary: rubbish },
  {
    weight: 20,
    arbitrary: fc
      .tuple(
        fc.constantFrom("place", "place", "place", "replace", "cancel", "expire", "halt", "buy"),
        fc.record(good),
        fc.dictionary(fc.constantFrom("type", ...Object.keys(good)), rubbish, { maxKeys: 1 }),
        fc.boolean(),
      )
      .map(([type, fields, bad, spoiled]) => ({ type, ...fields, ...(spoiled ? bad : {}) })),
  },
  { weight: 3, arbitrary: fc.constant({ type: "resume" }) },
);

test("whatever the engine is given, it answers or throws, and the book stays consistent", (context) => {
  let [thrown, refused, taken] = [0, 0, 0];
  const property = fc.property(fc.array(commands, { minLength: 30, maxLength: 60 }), (sequence) => {
    const book = createBook();
    for (const command of sequence) {
      const before = hash(book);
      try {
        const events = apply(book, command as Command);
        assert.ok(events.length > 0);
        if (events[0]?.type.endsWith("rejected")) {
          refused += 1;
          assert.equal(hash(book), before);
        } else {
          taken += 1;
        }
      } catch (error) {
        assert.ok(error instanceof Error);
        assert.notEqual(error.name, "AssertionError", error.message);
        thrown += 1;
        assert.equal(hash(book), before);
      }
      assertConsistent(book);
    }
    assert.equal(hash(restore(snapshot(book))), hash(book));
  });
  fc.assert(property, { numRuns: RUNS, seed: SEED });
  context.diagnostic(`seed ${SEED}: ${taken} taken, ${refused} refused, ${thrown} thrown`);
  assert.ok(taken > 0 && refused > 0 && thrown > 0);
});

const SOUND: Snapshot = (() => {
  const book = createBook();
  const orders = [sell(1, 1, 100), buy(2, 1, 100), buy(3, 5, 99), sell(4, 5, 101)];
  for (const order of [...orders, buy(5, 5, 200, stopAt(105))]) apply(book, order);
  return snapshot(book);
})();

/** The valid snapshot with a change in the first resting order or the first stop. */
const changed = (resting: object, stop: object = {}): Snapshot => ({
  ...SOUND,
  resting: SOUND.resting.map((order, at) => (at === 0 ? { ...order, ...resting } : order)),
  stops: SOUND.stops.map((order) => ({ ...order, ...stop })),
});

const IMPOSSIBLE: Record<string, Snapshot> = {
  "a crossed book": changed({ price: 101 }),
  "a number twice": changed({ order: 4 }),
  "a number above the last": changed({ order: 6 }),
  "no number": changed({ order: 0.5 }),
  "no owner": changed({ owner: -1 }),
  "no quantity": changed({ quantity: 0 }),
  "more open than ordered": changed({ open: 6 }),
  "nothing open": changed({ open: 0 }),
  "no price": changed({ price: Number.NaN }),
  "no side": changed({ side: "up" }),
  "a stop that should have triggered": changed({}, { stopPrice: 100 }),
  "a stop without a stop price": changed({}, { stopPrice: 0 }),
  "a stop of no kind": changed({}, { orderType: "limit" }),
  "an invalid last price": { ...SOUND, lastPrice: 0 },
  "an invalid last number": { ...SOUND, lastOrder: -1 },
};

for (const [what, saved] of Object.entries(IMPOSSIBLE)) {
  test(`a snapshot with ${what} is refused`, () => assert.throws(() => restore(saved)));
}
