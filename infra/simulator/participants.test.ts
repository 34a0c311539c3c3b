import assert from "node:assert/strict";
import { test } from "node:test";
import { parseMarket } from "./market.ts";
import { participate, type Step } from "./participants.ts";

const SYMBOLS = [
  { symbol: "AAPL", anchor: 10_000 },
  { symbol: "MSFT", anchor: 40_000 },
  { symbol: "TSLA", anchor: 25_000 },
];

const play = (seed: number, count: number): readonly Step[] =>
  participate(seed, SYMBOLS).take(count).toArray();

test("the same seed makes the same market, and another seed makes another market", () => {
  assert.deepEqual(play(3, 2_000), play(3, 2_000));
  assert.notDeepEqual(play(3, 50), play(4, 50));
});

test("after two steps for each symbol, every symbol has a best bid and a best ask", () => {
  const first = play(1, 2 * SYMBOLS.length).map(({ slot }) => slot);
  assert.ok(first.every(({ level }) => level === 0));
  assert.equal(new Set(first.map(({ symbol, side }) => `${symbol} ${side}`)).size, first.length);
});

test("every symbol gets three quotes a side, and orders that trade at random and after moves", () => {
  const steps = play(9, 5_000);
  for (const { symbol } of SYMBOLS) {
    const own = steps.filter(({ slot }) => slot.symbol === symbol);
    assert.equal(new Set(own.map(({ slot }) => `${slot.side} ${slot.level}`)).size, 6);
    const taken = own.flatMap(({ take }) => (take === undefined ? [] : [take]));
    const kinds = new Set(taken.map(({ who, wish }) => `${who} ${wish.side}`));
    assert.deepEqual([...kinds].toSorted(), [
      "momentum buy",
      "momentum sell",
      "noise buy",
      "noise sell",
    ]);
  }
});

test("the activity of the market is a name or a number of quotes a second", () => {
  assert.deepEqual(["off", "calm", "busy", "1", "40", "100"].map(parseMarket), [
    ...["off", 5, 25, 1, 40, 100],
  ]);
  for (const wrong of ["", "0", "101", "1000", "-1", "1.5", "1e1", "wild", "constructor", " 5"])
    assert.equal(parseMarket(wrong), undefined, wrong);
});
