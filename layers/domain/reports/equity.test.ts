import assert from "node:assert/strict";
import { test } from "node:test";
import { formatMoney, type Money, parseMoney } from "../units.ts";
import { equityReport, type PriceAt } from "./equity.ts";
import type { Activity } from "./statement.ts";

const usd = (text: string): Money => parseMoney(text) ?? assert.fail(`${text} is no money`);
const at = (day: number, hour = 0): Date => new Date(Date.UTC(2026, 10, day, hour));

let journalId = 0n;
const entry = (kind: Activity["kind"], when: Date, asset: string, amount: bigint): Activity => {
  journalId += 1n;
  return { journalId, at: when, kind, reference: String(journalId), asset, amount };
};
const deposit = (when: Date, amount: string) => entry("deposit", when, "USD", usd(amount));
const withdrawal = (when: Date, amount: string) => entry("withdrawal", when, "USD", -usd(amount));
const bought = (when: Date, quantity: bigint, price: string) => [
  entry("trade", when, "USD", -usd(price) * quantity),
  entry("trade", when, "AAPL", quantity),
];

/** The trade prices of a market over time. */
const tape =
  (...trades: readonly (readonly [Date, string])[]): PriceAt =>
  (_symbol, when, bound) => {
    const past = trades.filter(([time]) => (bound === "before" ? time < when : time <= when));
    return usd(past.at(-1)?.[1] ?? "0");
  };

const follow = (activities: readonly Activity[], priceAt: PriceAt, points = [at(1), at(30)]) =>
  equityReport({ currency: "USD", opening: new Map(), activities, points, priceAt });

test("withdrawing everything after a gain keeps the gain", () => {
  const sold = [entry("trade", at(3), "USD", usd("1100")), entry("trade", at(3), "AAPL", -10n)];
  const report = follow(
    [deposit(at(1), "1000"), ...bought(at(2), 10n, "100"), ...sold, withdrawal(at(4), "1100")],
    tape([at(2), "100"], [at(3), "110"]),
  );
  assert.equal(report.timeWeightedReturn, 100_000n);
  assert.equal(report.points.at(-1)?.equity, 0n);
});

test("a deposit at the instant of a price change counts after the change", () => {
  const report = follow(
    [deposit(at(1), "1000"), ...bought(at(2), 10n, "100"), deposit(at(3), "900")],
    tape([at(2), "100"], [at(3), "110"], [at(4), "99"]),
  );
  assert.equal(report.timeWeightedReturn, 39_500n);
  const last = report.points.at(-1);
  assert.equal(formatMoney((last?.equity ?? 0n) - usd("1900")), "-10.00");
});

test("a point of the report has the values just before it and the flows since the previous point", () => {
  const points = [at(1), at(2), at(3)];
  const report = follow([deposit(at(1, 5), "100"), deposit(at(2), "50")], tape(), points);
  assert.deepEqual(
    report.points.map(({ cash, flow }) => [formatMoney(cash), formatMoney(flow)]),
    [
      ["0.00", "0.00"],
      ["100.00", "100.00"],
      ["150.00", "50.00"],
    ],
  );
});

test("an account that never owned anything has no return", () => {
  const report = follow([], tape());
  assert.equal(report.timeWeightedReturn, undefined);
  assert.equal(report.moneyWeightedReturn, undefined);
});

test("money that doubles within 365 days has a money-weighted return of 100 %", () => {
  const activities = [
    deposit(at(1), "100"),
    entry("trade", new Date(Date.UTC(2027, 9, 1)), "USD", usd("100")),
  ];
  const report = follow(activities, tape(), [at(1), new Date(Date.UTC(2027, 10, 1))]);
  assert.ok(Math.abs((report.moneyWeightedReturn ?? 0) - 1) < 1e-6);
});

test("shares granted at their price are a flow and no return", () => {
  const report = follow(
    [deposit(at(1), "100"), entry("grant", at(3), "AAPL", 5n)],
    tape([at(2), "20"]),
  );
  assert.equal(report.timeWeightedReturn, 0n);
  assert.equal(formatMoney(report.points.at(-1)?.flow ?? 0n), "200.00");
});
