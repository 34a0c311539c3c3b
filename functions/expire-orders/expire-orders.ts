import type { Ticker } from "../../layers/domain/identifiers.ts";
import type { Instrument } from "../../layers/domain/market/instrument.ts";
import { isOpenAt, type Sessions, sessionsAround } from "../../layers/domain/market/session.ts";
import type { Clock } from "../../layers/platform/clock.ts";
import type { Logger } from "../../layers/platform/logger.ts";
import { listCalendars } from "../../layers/store/market/calendars.ts";
import { listInstruments } from "../../layers/store/market/instruments.ts";
import { requestCancel } from "../../layers/store/orders/orders.ts";
import {
  expireDatedOrders,
  expireDayOrders,
  listOrdersOfSuspended,
  listWaiting,
  ORDERS_AT_ONCE,
  purgeExpiryRequests,
  releaseWaiting,
  withdrawCancelled,
} from "../../layers/store/orders/scheduled-orders.ts";
import type { Database } from "../../layers/store/pg/database.ts";

/** What one pass sent to the matcher. */
export type Pass = {
  readonly expired: number;
  readonly released: number;
  readonly withdrawn: number;
  /** Orders of suspended clients. */
  readonly cancelled: number;
};

type Deps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly outboxNotifier: { readonly notify: () => void };
  readonly logger: Logger;
};

/** A warning about the end of a calendar's data is logged this long before it, once a day. */
const WARNING_MS = 365 * 86_400_000;
const DAY_MS = 86_400_000;

/**
 * How long after a session's end an order that was accepted before the end may still be committed.
 */
const LATEST_COMMIT_MS = 60_000;

/** The most statements of one kind in a pass; the next pass does the rest. */
const ROUNDS_MAX = 20;

const inRounds = async (work: () => Promise<number>): Promise<number> => {
  let orders = 0;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const done = await work();
    orders += done;
    if (done < ORDERS_AT_ONCE) break;
  }
  return orders;
};

/**
 * Runs the scheduled pass: releases orders whose market is open to the matcher, requests the expiry of
 * orders whose session or date has ended, and cancels the orders of suspended clients. Running it twice, or
 * in two processes at once, has no further effect; the process only caches which sessions it need not
 * check again.
 */
export const createExpiry = ({
  database,
  clock,
  outboxNotifier,
  logger,
}: Deps): (() => Promise<Pass>) => {
  const finished = new Map<Ticker, number>();
  const warnedAt = new Map<string, number>();

  const warnOfEnd = (calendar: string, { knownUntil }: Sessions): void => {
    const now = clock().getTime();
    if (knownUntil === undefined || knownUntil.getTime() - now > WARNING_MS) return;
    if (now - (warnedAt.get(calendar) ?? 0) < DAY_MS) return;
    warnedAt.set(calendar, now);
    logger.warn({ calendar, knownUntil }, "a market calendar ends soon: list its holidays");
  };

  const expireSession = async (symbol: Ticker, { lastEnd }: Sessions): Promise<number> => {
    if (lastEnd === undefined || finished.get(symbol) === lastEnd.getTime()) return 0;
    const expired = await inRounds(() => expireDayOrders(database, symbol, lastEnd));
    const late = clock().getTime() - lastEnd.getTime() > LATEST_COMMIT_MS;
    if (expired === 0 && late) finished.set(symbol, lastEnd.getTime());
    return expired;
  };

  const release = ({ status, symbol }: Instrument, sessions: Sessions): Promise<number> =>
    status === "trading" && isOpenAt(sessions, clock())
      ? inRounds(() => releaseWaiting(database, symbol))
      : Promise.resolve(0);

  return async () => {
    const [instruments, calendars, waiting] = await Promise.all([
      listInstruments(database),
      listCalendars(database),
      listWaiting(database),
      purgeExpiryRequests(database),
    ]);
    const cancelled = await inRounds(() => cancelOrdersOfSuspended(database));
    const withdrawn = await withdrawCancelled(database);
    let expired = await inRounds(() => expireDatedOrders(database, clock()));
    let released = 0;
    for (const instrument of instruments) {
      const calendar = calendars.find(({ code }) => code === instrument.calendar);
      if (calendar === undefined) continue;
      const sessions = sessionsAround(calendar, clock());
      warnOfEnd(calendar.code, sessions);
      expired += await expireSession(instrument.symbol, sessions);
      if (waiting.has(instrument.symbol)) released += await release(instrument, sessions);
    }
    if (cancelled + withdrawn + expired + released > 0) outboxNotifier.notify();
    return { expired, released, withdrawn, cancelled };
  };
};

/** Requests the cancellation of each order, like the client would. Returns how many orders it saw. */
const cancelOrdersOfSuspended = async (database: Database): Promise<number> => {
  const orders = await listOrdersOfSuspended(database);
  for (const { clientId, orderId } of orders)
    await requestCancel(database, {
      ...{ clientId, orderId, version: undefined, correlationId: "suspension" },
      command: { type: "cancel", orderId, clientId },
    });
  return orders.length;
};
