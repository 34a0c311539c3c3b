import assert from "node:assert/strict";
import { test } from "node:test";
import { formatMoney, type Money, parseMoney, shares } from "../units.ts";
import type { HoldingEvent } from "./lots.ts";
import { profitAndLoss } from "./profit-and-loss.ts";

const usd = (text: string): Money => parseMoney(text) ?? assert.fail(`${text} is no money`);
const DAY_MS = 86_400_000;
const START = Date.parse("2026-11-02T15:00:00Z");
const ALWAYS = { from: new Date(0), to: new Date("2100-01-01T00:00:00Z") };

/** Buys and sells of one instrument, a day apart: `+10 @ 100`. */
const history = (...lines: readonly string[]): readonly HoldingEvent[] =>
  lines.map((line, index) => {
    const [, sign, quantity, price = ""] = /^([+-])(\d+) @ (\S+)$/.exec(line) ?? assert.fail(line);
    return {
      ...{ symbol: "COIN", at: new Date(START + index * DAY_MS), reference: `COIN-${index}-0` },
      type: sign === "+" ? "buy" : "sell",
      ...{ quantity: shares(Number(quantity)), price: usd(price) },
    };
  });

const report = (events: readonly HoldingEvent[], price = "100", period = ALWAYS) => {
  const [profit] = profitAndLoss(events, period, () => usd(price));
  assert.ok(profit !== undefined);
  const { fifo, average, closedLots, quantity } = profit;
  const show = (amount: bigint | undefined) =>
    amount === undefined ? "none" : formatMoney(amount);
  return {
    quantity,
    fifo: show(fifo.realized),
    average: show(average.realized),
    fifoCost: show(fifo.cost),
    averageCost: show(average.cost),
    unrealized: show(average.unrealized),
    gains: closedLots.map(({ gain }) => show(gain)),
  };
};

test("after selling everything the next buy starts a new average", () => {
  const { average, averageCost, quantity } = report(
    history("+10 @ 100", "-10 @ 101", "+10 @ 103"),
    "103",
  );
  assert.deepEqual(
    { average, averageCost, quantity },
    {
      average: "10.00",
      averageCost: "1030.00",
      quantity: 10,
    },
  );
});

test("two round trips realise the gain of each", () => {
  const { average, fifo } = report(history("+20 @ 218", "-20 @ 320", "+30 @ 290", "-30 @ 321"));
  assert.deepEqual({ average, fifo }, { average: "2970.00", fifo: "2970.00" });
});

test("a cost that cannot be divided evenly keeps its remainder in the last part", () => {
  const bought = ["+1 @ 100.00", "+2 @ 100.01"];
  const sold = (sales: number) =>
    report(history(...bought, ...Array.from({ length: sales }, () => "-1 @ 101.00")), "101");
  const shown = [1, 2, 3].map((sales) => {
    const { average, averageCost, fifo } = sold(sales);
    return [average, averageCost, fifo];
  });
  assert.deepEqual(shown, [
    ["0.9934", "200.0134", "1.00"],
    ["1.9867", "100.0067", "1.99"],
    ["2.98", "0.00", "2.98"],
  ]);
  assert.deepEqual(sold(3).gains, ["1.00", "0.99", "0.99"]);
});

test("a sale closes the oldest lots first and reports how long they were held", () => {
  const events = history("+5 @ 100", "+5 @ 110", "-7 @ 120");
  const [profit] = profitAndLoss(events, ALWAYS, () => usd("120"));
  assert.deepEqual(
    profit?.closedLots.map(({ quantity, cost, proceeds, gain, daysHeld, openReference }) => [
      ...[quantity, formatMoney(cost), formatMoney(proceeds), formatMoney(gain)],
      ...[daysHeld, openReference],
    ]),
    [
      [5, "500.00", "600.00", "100.00", 2, "COIN-0-0"],
      [2, "220.00", "240.00", "20.00", 1, "COIN-1-0"],
    ],
  );
  assert.deepEqual(
    profit?.openLots.map(({ quantity, cost }) => [quantity, formatMoney(cost)]),
    [[3, "330.00"]],
  );
});

test("only sales in the period are realised in it, at the cost of earlier purchases", () => {
  const events = history("+10 @ 100", "-5 @ 110", "-5 @ 120");
  const second = { from: new Date(START + 2 * DAY_MS), to: new Date(START + 3 * DAY_MS) };
  assert.equal(report(events, "120", second).fifo, "100.00");
});

test("an instrument without a price has no unrealised gain", () => {
  const [profit] = profitAndLoss(history("+1 @ 100"), ALWAYS, () => undefined);
  assert.equal(profit?.average.unrealized, undefined);
});

test("shares that are granted or removed realise nothing", () => {
  const at = new Date(START);
  const grant: HoldingEvent = {
    ...{ type: "grant", symbol: "COIN", at, reference: "7", quantity: shares(4) },
    cost: usd("400"),
  };
  const removal: HoldingEvent = {
    ...{ type: "removal", symbol: "COIN", at, reference: "8", quantity: shares(1) },
  };
  const { fifo, average, averageCost, fifoCost } = report([grant, removal]);
  assert.deepEqual([fifo, average, averageCost, fifoCost], ["0.00", "0.00", "300.00", "300.00"]);
});
