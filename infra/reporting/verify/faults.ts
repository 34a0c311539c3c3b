import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { Booking, Owner, Tick } from "./books.ts";
import {
  dollars,
  type Gain,
  gainOf,
  instant,
  ownedBefore,
  priceBefore,
  type Span,
  statementLines,
} from "./expected.ts";
import { expectedEquity, solves } from "./expected-equity.ts";

/** A report in JSON, as a client reads it. */
export type Document = Readonly<Record<string, unknown>>;

type Facts = {
  readonly owner: Owner;
  readonly bookings: readonly Booking[];
  readonly span: Span;
  readonly now: Date;
  readonly ticksOf: (symbol: string) => readonly Tick[];
};

type Cells = readonly unknown[];

const rows = z.array(z.record(z.string(), z.unknown()));

/** The rows of a table, with the compared cells only. */
const cellsOf = (document: Document, table: string, keys: readonly string[]): readonly Cells[] =>
  rows.parse(document[table]).map((row) => keys.map((key) => row[key]));

/** Returns a message about the first row in which two tables differ. */
const compare = (table: string, made: readonly Cells[], expected: readonly Cells[]): string[] => {
  for (let row = 0; row < Math.max(made.length, expected.length); row += 1)
    if (!isDeepStrictEqual(made[row], expected[row]))
      return [
        `${table}, row ${row + 1}: ${JSON.stringify(made[row])} ` +
          `should be ${JSON.stringify(expected[row])}`,
      ];
  return [];
};

export const statementFaults = (document: Document, facts: Facts): readonly string[] => {
  const { bookings, span, owner } = facts;
  const balances = (micros: bigint): readonly Cells[] =>
    [...ownedBefore(bookings, micros)].map(([asset, amount]) => [
      asset,
      asset === owner.currency ? dollars(amount) : String(amount),
    ]);
  // A balance of zero may be listed or not.
  const shown = (table: string) =>
    cellsOf(document, table, ["asset", "balance"]).filter(([, balance]) => Number(balance) !== 0);
  const keys = ["time", "kind", "reference", "asset", "amount", "balance"];
  return [
    ...compare("opening", shown("opening"), balances(span.from)),
    ...compare("closing", shown("closing"), balances(span.to)),
    ...compare(
      "activities",
      cellsOf(document, "activities", keys),
      statementLines(bookings, span, owner.currency),
    ),
  ];
};

export const tradesFaults = (document: Document, facts: Facts): readonly string[] => {
  const { bookings, span, owner } = facts;
  const trades = bookings.filter(
    ({ kind, micros }) => kind === "trade" && micros >= span.from && micros < span.to,
  );
  const paid = new Map(
    trades.filter(({ asset }) => asset === owner.currency).map((leg) => [leg.reference, leg]),
  );
  const fills = trades
    .filter(({ asset }) => asset !== owner.currency)
    .map((leg) => {
      const cash = paid.get(leg.reference)?.amount ?? 0n;
      return { ...leg, cash: cash < 0n ? -cash : cash };
    });
  const total = (symbol: string, side: 1n | -1n) => {
    const own = fills.filter(({ asset, amount }) => asset === symbol && amount * side > 0n);
    return [
      String(own.reduce((sum, { amount }) => sum + amount * side, 0n)),
      dollars(own.reduce((sum, { cash }) => sum + cash, 0n)),
    ];
  };
  const symbols = [...new Set(fills.map(({ asset }) => asset))].sort();
  return [
    ...compare(
      "trades",
      cellsOf(document, "trades", ["time", "trade_id", "side", "symbol", "quantity", "gross"]),
      fills.map(({ micros, reference, asset, amount, cash }) => [
        ...[instant(micros), reference, amount > 0n ? "buy" : "sell", asset],
        ...[Math.abs(Number(amount)), dollars(cash)],
      ]),
    ),
    ...compare(
      "totals",
      cellsOf(document, "totals", ["symbol", "bought_quantity", "bought", "sold_quantity", "sold"]),
      symbols.map((symbol) => [symbol, ...total(symbol, 1n), ...total(symbol, -1n)]),
    ),
  ];
};

const SYMBOL_KEYS = [
  ...["symbol", "quantity", "market_value", "fifo_realized", "fifo_unrealized", "fifo_cost"],
  ...["average_realized", "average_unrealized", "average_cost"],
];
const CLOSED_KEYS = [
  ...["symbol", "opened_at", "open_reference", "closed_at", "close_reference", "quantity"],
  ...["cost", "proceeds", "gain"],
];
const OPEN_KEYS = ["symbol", "opened_at", "open_reference", "quantity", "cost"];

export const pnlFaults = (document: Document, facts: Facts): readonly string[] => {
  const { bookings, span, owner } = facts;
  const assets = bookings
    .filter(({ asset, micros }) => asset !== owner.currency && micros < span.to)
    .map(({ asset }) => asset);
  const gains = [...new Set(assets)].sort().map((symbol) => {
    const gain = gainOf(bookings, symbol, owner.currency, span.to);
    return { symbol, gain, sold: gain.sold.filter(({ closedAt }) => closedAt >= span.from) };
  });
  const shown = gains.filter(({ gain, sold }) => gain.owned > 0n || sold.length > 0);
  return [
    ...compare(
      "symbols",
      cellsOf(document, "symbols", SYMBOL_KEYS),
      shown.map(({ symbol, gain }) => symbolCells(symbol, gain, facts)),
    ),
    ...compare(
      "closed_lots",
      cellsOf(document, "closed_lots", CLOSED_KEYS),
      shown.flatMap(({ symbol, sold }) =>
        sold.map((part) => [
          ...[symbol, instant(part.openedAt), part.openReference, instant(part.closedAt)],
          ...[part.closeReference, Number(part.quantity), dollars(part.cost)],
          ...[dollars(part.proceeds), dollars(part.proceeds - part.cost)],
        ]),
      ),
    ),
    ...compare(
      "open_lots",
      cellsOf(document, "open_lots", OPEN_KEYS),
      shown.flatMap(({ symbol, gain }) =>
        gain.lots.map((lot) => [
          ...[symbol, instant(lot.openedAt), lot.openReference, Number(lot.quantity)],
          dollars(lot.cost),
        ]),
      ),
    ),
  ];
};

const symbolCells = (symbol: string, gain: Gain, { span, ticksOf }: Facts): Cells => {
  const price = priceBefore(ticksOf(symbol), span.to);
  const value = price === undefined ? undefined : price * gain.owned;
  const over = (cost: bigint) => (value === undefined ? null : dollars(value - cost));
  const fifoCost = gain.lots.reduce((sum, { cost }) => sum + cost, 0n);
  const fifo = gain.sold
    .filter(({ closedAt }) => closedAt >= span.from)
    .reduce((sum, { proceeds, cost }) => sum + proceeds - cost, 0n);
  const average = gain.averageGains
    .filter(({ micros }) => micros >= span.from)
    .reduce((sum, sale) => sum + sale.gain, 0n);
  return [
    ...[symbol, Number(gain.owned), value === undefined ? null : dollars(value)],
    ...[dollars(fifo), over(fifoCost), dollars(fifoCost)],
    ...[dollars(average), over(gain.averageCost), dollars(gain.averageCost)],
  ];
};

const TIME_WEIGHTED_TOLERANCE = 2e-6;

export const equityFaults = (document: Document, facts: Facts): readonly string[] => {
  const { owner, bookings } = facts;
  const made = cellsOf(document, "points", ["time", "cash", "market_value", "equity", "flow"]);
  const times = made.map(([time]) => BigInt(Date.parse(String(time))) * 1000n);
  const last = facts.span.to < millis(facts.now) ? facts.span.to : millis(facts.now);
  if (times[0] !== facts.span.from || times.at(-1) !== last)
    return ["the points do not cover the period"];
  const equity = expectedEquity({ ...facts, bookings, currency: owner.currency, points: times });
  const faults = compare(
    "points",
    made,
    equity.points.map(({ micros, cash, marketValue, flow }) => [
      ...[instant(micros), dollars(cash), dollars(marketValue)],
      ...[dollars(cash + marketValue), dollars(flow)],
    ]),
  );
  const [shown, expected] = [document["time_weighted_return"], equity.timeWeighted];
  const differs =
    shown === null || expected === undefined
      ? shown !== null || expected !== undefined
      : Math.abs(Number(shown) - expected) > TIME_WEIGHTED_TOLERANCE * Math.max(1, expected);
  if (differs) faults.push(`the time-weighted return is ${shown}, and should be ${expected}`);
  const rate = document["money_weighted_return"];
  if (rate !== null && !solves(equity.payments, Number(rate)))
    faults.push(`the money-weighted return ${rate} does not make the payments worth nothing`);
  return faults;
};

const millis = (at: Date): bigint => BigInt(at.getTime()) * 1000n;
