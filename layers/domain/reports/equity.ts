import { type Flow, moneyWeightedReturn, timeWeightedReturn, type Valued } from "./performance.ts";
import type { Activity, Balances } from "./statement.ts";

/** The account at one instant. `flow` is the sum of the external flows since the previous point. */
export type EquityPoint = {
  readonly at: Date;
  readonly cash: bigint;
  readonly marketValue: bigint;
  readonly equity: bigint;
  readonly flow: bigint;
};

export type EquityReport = {
  readonly points: readonly EquityPoint[];
  readonly timeWeightedReturn: bigint | undefined;
  readonly moneyWeightedReturn: number | undefined;
};

/**
 * The last price of an instrument: `before` an instant for a point of the report, or up to and
 * `including` it for a flow, which comes after the trades of its instant.
 */
export type PriceAt = (symbol: string, at: Date, bound: "before" | "including") => bigint;

/** The kinds of journal entries that come from trading; all others are external flows. */
const TRADING = new Set(["trade", "fee"]);

/** Whether an entry moves value into or out of the account. */
export const isFlow = ({ kind }: Pick<Activity, "kind">): boolean => !TRADING.has(kind);

type Facts = {
  readonly currency: string;
  readonly opening: Balances;
  /** The client's entries in the period, in any order. */
  readonly activities: readonly Activity[];
  /** Instants from the start of the period to its end, ascending: at least these two. */
  readonly points: readonly Date[];
  readonly priceAt: PriceAt;
};

/**
 * Follows an account through a period: its value at each point, the external flows between the
 * points, and its time-weighted and money-weighted return. Everything is exact except the
 * money-weighted rate.
 */
export const equityReport = (facts: Facts): EquityReport => {
  const account = new Account(facts);
  const entries = [...facts.activities].sort(byTimeThenFlow);
  const points: EquityPoint[] = [];
  const flows: Flow[] = [];
  let index = 0;
  for (const at of facts.points) {
    let flowed = 0n;
    for (let entry = entries[index]; entry !== undefined && entry.at < at; entry = entries[index]) {
      const before = isFlow(entry) ? account.value(entry.at, "including") : 0n;
      account.apply(entry);
      if (isFlow(entry)) {
        const amount = account.value(entry.at, "including") - before;
        flows.push({ at: entry.at, amount, before });
        flowed += amount;
      }
      index += 1;
    }
    points.push(account.point(at, flowed));
  }
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined)
    return { points, timeWeightedReturn: undefined, moneyWeightedReturn: undefined };
  const valued: Valued = {
    ...{ from: first.at, to: last.at, opening: first.equity, closing: last.equity },
    flows,
  };
  return {
    points,
    timeWeightedReturn: timeWeightedReturn(valued),
    moneyWeightedReturn: moneyWeightedReturn(valued),
  };
};

/** What a client owns while the report goes through time. */
class Account {
  readonly #currency: string;
  readonly #priceAt: PriceAt;
  readonly #balances: Map<string, bigint>;

  constructor({ currency, opening, priceAt }: Facts) {
    this.#currency = currency;
    this.#priceAt = priceAt;
    this.#balances = new Map(opening);
  }

  apply({ asset, amount }: Activity): void {
    this.#balances.set(asset, (this.#balances.get(asset) ?? 0n) + amount);
  }

  value(at: Date, bound: "before" | "including"): bigint {
    return this.#cash() + this.#marketValue(at, bound);
  }

  point(at: Date, flow: bigint): EquityPoint {
    const [cash, marketValue] = [this.#cash(), this.#marketValue(at, "before")];
    return {
      ...{ at, cash, marketValue },
      ...{ equity: cash + marketValue, flow },
    };
  }

  #cash(): bigint {
    return this.#balances.get(this.#currency) ?? 0n;
  }

  #marketValue(at: Date, bound: "before" | "including"): bigint {
    let value = 0n;
    for (const [asset, quantity] of this.#balances)
      if (asset !== this.#currency && quantity !== 0n)
        value += quantity * this.#priceAt(asset, at, bound);
    return value;
  }
}

/** Sorts by time; at one instant trades come before flows, and then by the journal's order. */
const byTimeThenFlow = (left: Activity, right: Activity): number =>
  left.at.getTime() - right.at.getTime() ||
  Number(isFlow(left)) - Number(isFlow(right)) ||
  (left.journalId < right.journalId ? -1 : 1);
