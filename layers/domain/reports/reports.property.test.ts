import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Money, money, NO_MONEY, type Shares, shares } from "../units.ts";
import { equityReport, isFlow, type PriceAt } from "./equity.ts";
import type { HoldingEvent } from "./lots.ts";
import type { Period } from "./period.ts";
import { profitAndLoss } from "./profit-and-loss.ts";
import { type Activity, type Balances, runStatement } from "./statement.ts";

// Laws that hold for every history of an account. A history is generated as a list of wishes; a
// wish that the account cannot pay is left out, so that no account is ever overdrawn.

const START = Date.parse("2026-01-01T00:00:00Z");
const END = new Date("2028-01-01T00:00:00Z");
const EVER: Period = { from: new Date(0), to: END };
const REFERENCE = money(1_000_000n);
const HOUR_MS = 3_600_000;

type Wish = {
  readonly kind: "deposit" | "withdrawal" | "grant" | "removal" | "buy" | "sell";
  readonly symbol: string;
  readonly quantity: number;
  readonly price: bigint;
  /** Hours since the previous wish; zero for two wishes at the same instant. */
  readonly hours: number;
};

const wish = (...kinds: readonly Wish["kind"][]): fc.Arbitrary<Wish> =>
  fc.record({
    kind: fc.constantFrom(...kinds),
    symbol: fc.constantFrom("AAPL", "MSFT"),
    quantity: fc.integer({ min: 1, max: 7 }),
    price: fc.bigInt({ min: 900_000n, max: 1_100_000n }),
    hours: fc.constantFrom(0, 1, 23, 24, 700),
  });

const SIZE = { minLength: 4, maxLength: 60, size: "max" } as const;
const trading = fc.array(wish("deposit", "withdrawal", "buy", "buy", "sell"), SIZE);
const everything = fc.array(wish("deposit", "withdrawal", "grant", "removal", "buy", "sell"), SIZE);
const cuts = fc.array(fc.integer({ min: 0, max: 2 * 365 * 24 }), { maxLength: 6 });

type History = {
  readonly activities: readonly Activity[];
  readonly events: readonly HoldingEvent[];
  readonly priceAt: PriceAt;
};

/** Executes the wishes in their order, as far as cash and shares allow. */
const live = (wishes: readonly Wish[]): History => {
  const activities: Activity[] = [];
  const events: HoldingEvent[] = [];
  const owned = new Map<string, bigint>();
  let time = START;
  const move = (kind: Activity["kind"], asset: string, amount: bigint): void => {
    owned.set(asset, (owned.get(asset) ?? 0n) + amount);
    const journalId = BigInt(activities.length + 1);
    const reference = String(events.length);
    activities.push({ journalId, at: new Date(time), kind, reference, asset, amount });
  };
  for (const { kind, symbol, quantity, price, hours } of wishes) {
    time += hours * HOUR_MS;
    const cost = price * BigInt(quantity);
    const event = {
      ...{ symbol, at: new Date(time), reference: String(events.length) },
      quantity: shares(quantity),
    };
    if (kind === "deposit") move(kind, "USD", 10n * cost);
    if (kind === "withdrawal" && (owned.get("USD") ?? 0n) > 0n)
      move(kind, "USD", -least(owned.get("USD") ?? 0n, cost));
    if (kind === "grant") {
      move("grant", symbol, BigInt(quantity));
      events.push({ ...event, type: "grant", cost: money(cost) });
    }
    if (kind === "buy" && (owned.get("USD") ?? 0n) >= cost) {
      move("trade", "USD", -cost);
      move("trade", symbol, BigInt(quantity));
      events.push({ ...event, type: "buy", price: money(price) });
    }
    const leaving = least(owned.get(symbol) ?? 0n, BigInt(quantity));
    if (kind === "removal" && leaving > 0n) {
      move("grant", symbol, -leaving);
      events.push({ ...event, type: "removal", quantity: shares(Number(leaving)) });
    }
    if (kind === "sell" && leaving > 0n) {
      move("trade", "USD", price * leaving);
      move("trade", symbol, -leaving);
      const sold: Shares = shares(Number(leaving));
      events.push({ ...event, type: "sell", quantity: sold, price: money(price) });
    }
  }
  return { activities, events, priceAt: tapeOf(events) };
};

const least = (left: bigint, right: bigint): bigint => (left < right ? left : right);

/** The price of the last buy or sale of a symbol; before the first, its reference price. */
const tapeOf = (events: readonly HoldingEvent[]): PriceAt => {
  return (symbol, at, bound) => {
    const last = events.findLast(
      (event) =>
        event.symbol === symbol &&
        "price" in event &&
        (bound === "before" ? event.at < at : event.at <= at),
    );
    return last !== undefined && "price" in last ? last.price : REFERENCE;
  };
};

/** Half-open periods that cover everything, cut at hours after the start. */
const periodsOf = (hours: readonly number[]): readonly Period[] => {
  const bounds = [0, ...hours.map((hour) => START + hour * HOUR_MS), END.getTime()];
  bounds.sort((left, right) => left - right);
  return bounds
    .slice(1)
    .map((to, index) => ({ from: new Date(bounds[index] ?? 0), to: new Date(to) }));
};

const isIn = ({ from, to }: Period, at: Date): boolean => at >= from && at < to;

const balancesBefore = (activities: readonly Activity[], at: Date): Balances => {
  const balances = new Map<string, bigint>();
  for (const entry of activities.filter((activity) => activity.at < at))
    balances.set(entry.asset, (balances.get(entry.asset) ?? 0n) + entry.amount);
  return balances;
};

const statementOf = (activities: readonly Activity[], period: Period) => {
  const statement = runStatement(balancesBefore(activities, period.from));
  const lines = activities.filter(({ at }) => isIn(period, at)).map(statement.line);
  statement.close(balancesBefore(activities, period.to));
  return lines;
};

test("every statement balances, and statements of adjoining periods join to one statement", () => {
  fc.assert(
    fc.property(everything, cuts, (wishes, hours) => {
      const { activities } = live(wishes);
      const joined = periodsOf(hours).flatMap((period) => statementOf(activities, period));
      assert.deepEqual(joined, statementOf(activities, EVER));
    }),
  );
});

test("a statement that misses or changes an activity does not balance", () => {
  fc.assert(
    fc.property(everything, fc.nat(), (wishes, which) => {
      const { activities } = live(wishes);
      const wrong = activities[which % Math.max(1, activities.length)];
      fc.pre(wrong !== undefined);
      const closing = balancesBefore(activities, END);
      const missing = runStatement(new Map());
      for (const entry of activities) if (entry !== wrong) missing.line(entry);
      assert.throws(() => missing.close(closing), /where the books have/);
      const changed = runStatement(new Map());
      for (const entry of activities)
        changed.line(entry === wrong ? { ...entry, amount: entry.amount + 1n } : entry);
      assert.throws(() => changed.close(closing), /where the books have/);
    }),
  );
});

type Total = { fifo: bigint; average: bigint; unrealized: bigint; lots: number; owned: number };

const totalsOf = ({ events, priceAt }: History, period: Period): Total => {
  const past = events.filter(({ at }) => at < period.to);
  const priceOf = (symbol: string): Money => money(priceAt(symbol, period.to, "before"));
  const total: Total = { fifo: 0n, average: 0n, unrealized: 0n, lots: 0, owned: 0 };
  for (const profit of profitAndLoss(past, period, priceOf)) {
    total.fifo += profit.fifo.realized;
    total.average += profit.average.realized;
    total.unrealized += profit.fifo.unrealized ?? NO_MONEY;
    total.lots += profit.closedLots.length;
    total.owned += profit.quantity;
  }
  return total;
};

test("the realised gains of adjoining periods sum to those of the whole time, by both methods", () => {
  fc.assert(
    fc.property(everything, cuts, (wishes, hours) => {
      const history = live(wishes);
      const parts = periodsOf(hours).map((period) => totalsOf(history, period));
      const whole = totalsOf(history, EVER);
      for (const key of ["fifo", "average"] as const)
        assert.equal(
          parts.reduce((sum, part) => sum + part[key], 0n),
          whole[key],
        );
      assert.equal(
        parts.reduce((sum, part) => sum + part.lots, 0),
        whole.lots,
      );
    }),
  );
});

test("both methods agree when everything is sold", () => {
  let sales = 0;
  fc.assert(
    fc.property(trading, (wishes) => {
      const all = ["AAPL", "MSFT"].flatMap((symbol) =>
        Array.from({ length: 40 }, (): Wish => {
          return { kind: "sell", symbol, quantity: 7, price: 1_000_001n, hours: 1 };
        }),
      );
      const { fifo, average, unrealized, lots, owned } = totalsOf(live([...wishes, ...all]), EVER);
      assert.deepEqual([owned, unrealized], [0, 0n]);
      assert.equal(fifo, average);
      sales += lots;
    }),
  );
  assert.ok(sales > 100, "hardly anything was ever sold");
});

test("the equity equals the sum of flows, realised gains and unrealised gains", () => {
  let gained = 0;
  fc.assert(
    fc.property(trading, cuts, (wishes, hours) => {
      const history = live(wishes);
      const points = periodsOf(hours).map(({ to }) => to);
      const report = equityReport({
        ...{ currency: "USD", opening: new Map(), activities: history.activities },
        ...{ points: [new Date(0), ...points], priceAt: history.priceAt },
      });
      const { fifo, unrealized } = totalsOf(history, EVER);
      const flows = report.points.reduce((sum, { flow }) => sum + flow, 0n);
      const cash = history.activities.filter(isFlow).reduce((sum, { amount }) => sum + amount, 0n);
      assert.equal(flows, cash);
      assert.equal(report.points.at(-1)?.equity, flows + fifo + unrealized);
      if (fifo + unrealized !== 0n) gained += 1;
    }),
  );
  assert.ok(gained > 10, "hardly any account ever gained or lost");
});

test("time-weighted returns of adjoining periods multiply to that of the whole", () => {
  fc.assert(
    fc.property(trading, fc.integer({ min: 0, max: 8_760 }), (wishes, hour) => {
      const { activities, priceAt } = live(wishes);
      const cut = new Date(START + hour * HOUR_MS);
      const between = (from: Date, to: Date): number | undefined => {
        const within = activities.filter(({ at }) => isIn({ from, to }, at));
        const opening = balancesBefore(activities, from);
        const facts = { currency: "USD", opening, activities: within, points: [from, to], priceAt };
        const { timeWeightedReturn } = equityReport(facts);
        return timeWeightedReturn === undefined ? undefined : Number(timeWeightedReturn) / 1e6;
      };
      const [early, late] = [between(EVER.from, cut), between(cut, END)];
      const whole = between(EVER.from, END);
      if (early === undefined || late === undefined) assert.equal(whole, early ?? late);
      else assert.ok(Math.abs((1 + early) * (1 + late) - 1 - (whole ?? Number.NaN)) < 1e-5);
    }),
  );
});
