import assert from "node:assert/strict";
import { test } from "node:test";
import { apply, createBook, depth, execute } from "./book.ts";
import { assertConsistent } from "./consistency.ts";
import { hash } from "./hash.ts";
import { buy, cancel, sell } from "./reference/market.ts";
import { restore, snapshot } from "./snapshot.ts";

/** Numbers in an order that looks random and never repeats. */
const scattered = (count: number): number[] =>
  Array.from({ length: count }, (_, at) => (at * 7_919) % count);

for (const [what, numberOf] of [
  ["one after the other", (at: number) => at],
  ["sixteen apart", (at: number) => at * 16],
  ["a million apart", (at: number) => at * 1_000_003],
  ["near the largest whole number", (at: number) => 2 ** 53 - 200_000 + at],
] as const) {
  test(`eighty thousand orders numbered ${what} are all found, and all gone when cancelled`, () => {
    const COUNT = 80_000;
    const book = createBook();
    for (let at = 1; at <= COUNT; at += 1) {
      execute(book, buy(numberOf(at), 1 + (at % 3), 1 + ((at * 31) % 500), { owner: at % 9 }));
    }
    assertConsistent(book);
    const [first, second, ...others] = scattered(COUNT).map((at) => numberOf(at + 1));
    for (const order of others) {
      assert.equal(book.find(order)?.order, order);
      execute(book, cancel(order, book.find(order)?.owner));
      assert.equal(book.find(order), undefined);
    }
    assertConsistent(book);
    const left = snapshot(book).resting.map(({ order }) => order);
    assert.deepEqual(new Set(left), new Set([first, second]));
  });
}

for (const [what, apart] of [
  ["side by side", 1],
  ["far from each other", 70_001],
] as const) {
  test(`thirty thousand price levels ${what} are added and removed in any order, always sorted`, () => {
    const COUNT = 30_000;
    const book = createBook();
    const prices = scattered(COUNT);
    for (const [at, price] of prices.entries()) {
      execute(book, sell(at + 1, 1 + price, 1 + price * apart));
    }
    const expected = Array.from({ length: COUNT }, (_, at) => [1 + at * apart, at + 1]);
    assert.deepEqual(depth(book, "sell", COUNT), expected);
    for (const [at, price] of prices.entries()) {
      if (price % 10 !== 0) execute(book, cancel(at + 1));
    }
    assertConsistent(book);
    const left = expected.filter((_, at) => at % 10 === 0);
    assert.deepEqual(depth(book, "sell", COUNT), left);
    const events = apply(book, buy(COUNT + 1, 2 ** 31 - 1, COUNT * apart));
    assert.equal(events.filter(({ type }) => type === "traded").length, COUNT / 10);
    assert.equal(book.bestAsk, undefined);
    assertConsistent(book);
  });
}

for (const [side, place] of [
  ["buy", buy],
  ["sell", sell],
] as const) {
  test(`${side} prices that only rise, far from each other, are in order at every count`, () => {
    const book = createBook();
    const rising: number[] = [];
    for (let at = 1; at <= 200; at += 1) {
      rising.push(at * 70_001);
      execute(book, place(at, 1, at * 70_001));
      const prices = depth(book, side, 200).map(([price]) => price);
      assert.deepEqual(side === "buy" ? prices.toReversed() : prices, rising);
    }
    assertConsistent(book);
  });
}

test("quantities near the limit add up exactly", () => {
  const book = createBook();
  const LARGE = 2 ** 31 - 1;
  for (let at = 1; at <= 1_000; at += 1) execute(book, buy(at, LARGE - at, 100));
  const sum = 1_000 * LARGE - 500_500;
  assert.equal(book.quantityAt("buy", 100), sum);
  apply(book, sell(2_000, LARGE, 100));
  assert.equal(book.quantityAt("buy", 100), sum - LARGE);
  assertConsistent(book);
});

test("a book of a hundred thousand orders is restored completely", () => {
  const book = createBook();
  for (let at = 1; at <= 100_000; at += 1) {
    const price = 1_000 + (at % 400);
    execute(book, at % 2 === 0 ? buy(at, at, price) : sell(at, at, price + 500));
  }
  const copy = restore(snapshot(book));
  assert.equal(hash(copy), hash(book));
  assertConsistent(copy);
});
