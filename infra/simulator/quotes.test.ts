import assert from "node:assert/strict";
import { test } from "node:test";
import { drift, follow, noise, type Opinion, quote, seededRandom } from "./quotes.ts";

const AAPL: Opinion = { symbol: "AAPL", anchor: 10_000, fair: 10_000, trend: 0 };

test("a buy of AAPL at 101 or a sell at 99 meets every quote, however long the price drifts", () => {
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

test("the price of a trading order reaches the best quotes of the opposite side", () => {
  const random = seededRandom(11);
  for (let step = 0; step < 1_000; step += 1) {
    const { side, price } = noise(AAPL, random);
    const best = quote(AAPL, side === "buy" ? "sell" : "buy", 0, random).price;
    assert.ok(side === "buy" ? price >= best : price <= best);
  }
});

test("random orders buy as often as they sell, whatever the price does", () => {
  const random = seededRandom(5);
  const rising = { ...AAPL, trend: 30 };
  let buys = 0;
  for (let step = 0; step < 2_000; step += 1) if (noise(rising, random).side === "buy") buys += 1;
  assert.ok(buys > 900 && buys < 1_100, `${buys} of 2000`);
});

test("after a rise the orders buy, after a fall they sell, and without a move there is no such order", () => {
  const random = seededRandom(5);
  const drifted = (steps: readonly number[]): Opinion =>
    steps.reduce((opinion, to) => drift(opinion, () => to), AAPL);
  assert.equal(follow(drifted([0.9, 0.9, 0.9]), random)?.side, "buy");
  assert.equal(follow(drifted([0.1, 0.1, 0.1]), random)?.side, "sell");
  assert.equal(follow(drifted([0.9, 0.1]), random), undefined);
  assert.equal(follow(AAPL, random), undefined);
});
