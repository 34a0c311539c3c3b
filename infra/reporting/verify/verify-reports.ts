import { isDeepStrictEqual } from "node:util";
import { reportEquity } from "../../../functions/report-equity/report-equity.ts";
import { reportPnl } from "../../../functions/report-pnl/report-pnl.ts";
import { reportStatement } from "../../../functions/report-statement/report-statement.ts";
import { reportTrades } from "../../../functions/report-trades/report-trades.ts";
import type { Day } from "../../../layers/domain/identity/client.ts";
import { type ReportRequest, requestOf } from "../../../layers/http/reports/report-answer.ts";
import type { Report } from "../../../layers/representation/reports/document.ts";
import { writeJson } from "../../../layers/representation/reports/json.ts";
import type { Database, Transaction } from "../../../layers/store/pg/database.ts";
import { inSnapshot } from "../../../layers/store/reports/snapshot.ts";
import {
  type Booking,
  listBookings,
  listOwners,
  listStoredPositions,
  listTicks,
  type Owner,
  startOfDay,
  type Tick,
} from "./books.ts";
import { type Span, storedPositions } from "./expected.ts";
import { type Document, equityFaults, pnlFaults, statementFaults, tradesFaults } from "./faults.ts";

/** The result of checking all reports: a message for each difference. */
type Verification = {
  readonly clients: number;
  readonly reports: number;
  readonly differences: readonly string[];
};

const DAY_MS = 86_400_000;
const ZONE = "America/New_York";

/**
 * Makes the four reports of every client, for the client's whole life and for the last complete
 * month, and compares them with the same figures computed from the journal by separate code. Also
 * compares the stored balances, which portfolios show. Everything is read from one snapshot.
 */
export const verifyReports = (database: Database, clock: () => Date): Promise<Verification> =>
  inSnapshot(database, async (tx) => {
    const owners = await listOwners(tx);
    const now = new Date(clock().getTime() + 1);
    const ticks = new Map<string, readonly Tick[]>();
    const differences: string[] = [];
    let reports = 0;
    for (const owner of owners) {
      const bookings = await listBookings(tx, owner.clientId);
      for (const { asset } of bookings)
        if (!ticks.has(asset)) ticks.set(asset, await listTicks(tx, asset));
      const note = (found: readonly string[]): void => {
        for (const fault of found) differences.push(`client ${owner.clientId}: ${fault}`);
      };
      note(await portfolioFaults(tx, owner, bookings));
      for (const days of [wholeLife(bookings, now), lastMonth(now)]) {
        const span = {
          from: await startOfDay(tx, days.from, days.timeZone),
          to: await startOfDay(tx, dayAfter(days.to), days.timeZone),
        };
        const request = requestOf(owner.clientId, days, now);
        const facts = { owner, bookings, span, now, ticksOf: (of: string) => ticks.get(of) ?? [] };
        note(await reportFaults(tx, request, facts));
        reports += 4;
      }
    }
    return { clients: owners.length, reports, differences };
  });

type Facts = {
  readonly owner: Owner;
  readonly bookings: readonly Booking[];
  readonly span: Span;
  readonly now: Date;
  readonly ticksOf: (symbol: string) => readonly Tick[];
};

const reportFaults = async (
  tx: Transaction,
  request: ReportRequest,
  facts: Facts,
): Promise<readonly string[]> => {
  const all = { ...request, symbol: undefined, table: "symbols", now: facts.now } as const;
  const checks = [
    { name: "statement", make: () => reportStatement(tx, all), check: statementFaults },
    { name: "trades", make: () => reportTrades(tx, all), check: tradesFaults },
    { name: "pnl", make: () => reportPnl(tx, all), check: pnlFaults },
    {
      name: "equity",
      make: () => reportEquity(tx, { ...all, interval: "day" }),
      check: equityFaults,
    },
  ];
  const faults: string[] = [];
  for (const { name, make, check } of checks) {
    const { from, to, timeZone } = request.days;
    const title = `${name} ${from} to ${to}, ${timeZone}`;
    const document = await documentOf(make);
    const found = typeof document === "string" ? [document] : check(document, facts);
    faults.push(...found.map((fault) => `${title}: ${fault}`));
  }
  return faults;
};

/** The report as a client would receive it; a message when it fails. */
const documentOf = async (make: () => Promise<Report | undefined>): Promise<Document | string> => {
  try {
    const report = await make();
    if (report === undefined) return "there is no report";
    return JSON.parse((await Array.fromAsync(writeJson(report))).join(""));
  } catch (error) {
    if (error instanceof Error && error.name === "BrokenInvariant") return error.message;
    throw error;
  }
};

const portfolioFaults = async (
  tx: Transaction,
  { clientId, currency }: Owner,
  bookings: readonly Booking[],
): Promise<readonly string[]> => {
  const stored = await listStoredPositions(tx, clientId);
  const used = storedPositions(bookings, currency);
  const isUsed = ({ owned, cost, realized }: (typeof stored)[number]) =>
    owned !== 0n || cost !== 0n || realized !== 0n;
  const [left, right] = [stored.filter(isUsed), used.filter(isUsed)];
  if (isDeepStrictEqual(left, right)) return [];
  return [`stored balances are ${show(left)}, the journal makes them ${show(right)}`];
};

const show = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) => (typeof part === "bigint" ? String(part) : part));

const dayAfter = (day: string): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10);

const dayOf = (at: Date): Day => at.toISOString().slice(0, 10) as Day;

const wholeLife = (bookings: readonly Booking[], now: Date) => {
  const first = Number((bookings[0]?.micros ?? 0n) / 1000n) || now.getTime() - DAY_MS;
  return { from: dayOf(new Date(first)), to: dayOf(now), timeZone: "UTC" };
};

const lastMonth = (now: Date) => {
  const thisMonth = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1);
  const end = new Date(thisMonth - DAY_MS);
  const start = new Date(Date.UTC(end.getUTCFullYear(), end.getUTCMonth(), 1));
  return { from: dayOf(start), to: dayOf(end), timeZone: ZONE };
};
