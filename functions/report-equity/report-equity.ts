import {
  type EquityPoint,
  equityReport,
  type PriceAt,
} from "../../layers/domain/reports/equity.ts";
import { RETURN_DECIMALS } from "../../layers/domain/reports/performance.ts";
import { pointsIn } from "../../layers/domain/reports/period.ts";
import type { Activity } from "../../layers/domain/reports/statement.ts";
import { formatMoney } from "../../layers/domain/units.ts";
import type { ReportRequest } from "../../layers/http/reports/report-answer.ts";
import type { Column, Report, Row } from "../../layers/representation/reports/document.ts";
import { headingOf } from "../../layers/representation/reports/heading.ts";
import { yearlyRate } from "../../layers/representation/reports/yearly-rate.ts";
import type { Transaction } from "../../layers/store/pg/database.ts";
import { balancesBefore, readEntries } from "../../layers/store/reports/journal.ts";
import { lastPrices, type PriceQuestion } from "../../layers/store/reports/prices.ts";
import { findSubject } from "../../layers/store/reports/subject.ts";

/**
 * Makes the equity history of an account: cash, market value and external flows at each point, and
 * the time-weighted and money-weighted return of the period. Points after `now` are left out.
 * Undefined for a client without an account.
 */
export const reportEquity = async (
  tx: Transaction,
  request: ReportRequest & { readonly interval: "day" | "hour"; readonly now: Date },
): Promise<Report | undefined> => {
  const { clientId, days, period, now } = request;
  const client = await findSubject(tx, clientId, period.to);
  if (client === undefined) return undefined;
  const activities: Activity[] = (await Array.fromAsync(readEntries(tx, clientId, period))).flat();
  const past = pointsIn(days, request.interval).filter((at) => at <= now);
  const points = past.at(-1)?.getTime() === period.to.getTime() ? past : [...past, now];
  const facts = {
    ...{ currency: client.currency, activities, points },
    opening: await balancesBefore(tx, clientId, period.from),
  };
  const questions = new Questions();
  equityReport({ ...facts, priceAt: questions.ask });
  const priceAt = await questions.answered(tx);
  const report = equityReport({ ...facts, priceAt });
  const heading = headingOf("equity", "Equity", { ...request, client });
  return {
    ...heading,
    summary: [
      `Time-weighted return of the period: ${percent(report.timeWeightedReturn)}`,
      `Money-weighted return for a year: ${yearlyRate(report.moneyWeightedReturn)}`,
    ],
    head: {
      ...heading.head,
      interval: request.interval,
      time_weighted_return: fraction(report.timeWeightedReturn),
      money_weighted_return: fraction(millionths(report.moneyWeightedReturn)),
    },
    tables: [
      { name: "points", title: "Equity", columns: POINTS, pages: [report.points.map(pointRow)] },
    ],
  };
};

/** Collects the prices that a report needs, so that they can be read together. */
class Questions {
  readonly #asked = new Map<string, PriceQuestion>();

  readonly ask: PriceAt = (symbol, at, bound) => {
    const question = { symbol, at, including: bound === "including" };
    this.#asked.set(keyOf(symbol, at, bound), question);
    return 0n;
  };

  async answered(tx: Transaction): Promise<PriceAt> {
    const prices = await lastPrices(tx, [...this.#asked.values()]);
    const known = new Map([...this.#asked.keys()].map((key, index) => [key, prices[index] ?? 0n]));
    return (symbol, at, bound) => known.get(keyOf(symbol, at, bound)) ?? 0n;
  }
}

const keyOf = (symbol: string, at: Date, bound: string): string =>
  `${symbol} ${at.getTime()} ${bound}`;

const millionths = (rate: number | undefined): bigint | undefined =>
  rate === undefined ? undefined : BigInt(Math.round(rate * 10 ** RETURN_DECIMALS));

/** Millionths as a decimal fraction: 39500 is 0.039500. */
const fraction = (value: bigint | undefined): string | null =>
  value === undefined ? null : decimal(value, RETURN_DECIMALS);

const percent = (value: bigint | undefined): string =>
  value === undefined ? "none" : `${decimal(value, RETURN_DECIMALS - 2)} %`;

const decimal = (value: bigint, decimals: number): string => {
  const digits = String(value < 0n ? -value : value).padStart(decimals + 1, "0");
  return `${value < 0n ? "-" : ""}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
};

const pointRow = ({ at, cash, marketValue, equity, flow }: EquityPoint): Row => ({
  time: at.toISOString(),
  cash: formatMoney(cash),
  market_value: formatMoney(marketValue),
  equity: formatMoney(equity),
  flow: formatMoney(flow),
});

const column = (key: string, title: string, kind: Column["kind"] = "number") => ({
  ...{ key, title, width: 1, kind },
});

const POINTS: readonly Column[] = [
  column("time", "Time (UTC)", "text"),
  column("cash", "Cash"),
  column("market_value", "Market value"),
  column("equity", "Equity"),
  column("flow", "Flow since"),
];
