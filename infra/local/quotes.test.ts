import assert from "node:assert/strict";
import { test } from "node:test";
import { drift, type Opinion, quote, seededRandom, take, takeOrFollow } from "./quotes.ts";

const AAPL: Opinion = { symbol: "AAPL", anchor: 10_000, fair: 10_000 };

test("whoever buys AAPL at 101 or sells at 99 meets every quote, however long the market drifts", () => {
  const random = seededRandom(7);
  let opinion = AAPL;
  let moved = 0;
  for (let step = 0; step < 50_000; step += 1) {
    opinion = drift(opinion, random);
    moved = Math.max(moved, Math.abs(opinion.fair - opinion.anchor));
    for (const level of [0, 1, 2]) {
      const bid = quote(opinion, "buy", level, random).price;
      const ask = quote(opinion, "sell", level, random).price;
      assert.ok(bid >= 9_900 && ask <= 10_100 && bid < ask, `${bid} / ${ask} at ${opinion.fair}`);
    }
  }
  assert.ok(moved > 20, "the market never moved, so this showed nothing");
});

test("the same seed makes the same market", () => {
  const play = (seed: number) => {
    const random = seededRandom(seed);
    return Array.from({ length: 50 }, () => quote(drift(AAPL, random), "buy", 0, random));
  };
  assert.deepEqual(play(3), play(3));
  assert.notDeepEqual(play(3), play(4));
});

test("a taker's price reaches the best quotes of the other side", () => {
  const random = seededRandom(11);
  for (let step = 0; step < 1_000; step += 1) {
    const { side, price } = take(AAPL, random);
    const best = quote(AAPL, side === "buy" ? "sell" : "buy", 0, random).price;
    assert.ok(side === "buy" ? price >= best : price <= best);
  }
});

test("half of the takers run after a move, the others trade on noise", () => {
  const random = seededRandom(5);
  const risen = { ...AAPL, fair: AAPL.fair + 10 };
  let buys = 0;
  for (let step = 0; step < 2_000; step += 1)
    if (takeOrFollow(AAPL, risen, random).side === "buy") buys += 1;
  assert.ok(buys > 1_350 && buys < 1_650, `${buys} of 2000 bought after a rise`);
});
