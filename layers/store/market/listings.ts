import type { Ticker } from "../../domain/identifiers.ts";
import type { Instrument } from "../../domain/market/instrument.ts";
import type { BookState, Listed, ListingTerms } from "../../domain/market/listing.ts";
import { money } from "../../domain/units.ts";
import { encodeCommand } from "../matching/commands.ts";
import { ADVISORY_LOCK_SEEDS } from "../pg/advisory-locks.ts";
import { type Executor, sql, type Transaction } from "../pg/database.ts";
import { TERMS_COLUMNS, type TermsRow, toTerms } from "./instruments.ts";

/** Reads and locks the terms of an instrument, so that changes of two operators do not overlap. */
export const lockListed = async (
  tx: Transaction,
  symbol: Ticker,
): Promise<Omit<Listed, keyof BookState> | undefined> => {
  const { rows } = await tx.query<TermsRow & Pick<Listed, "status">>(sql`
    select ${TERMS_COLUMNS}, reference_price, status
    from market.instrument
    where symbol = ${symbol}
    for update`);
  const row = rows[0];
  return row === undefined ? undefined : { ...toTerms(row), status: row.status };
};

/**
 * Locks the tick and lot size until the transaction ends, and reads whether they may change. They
 * may not while the symbol has an open order, an unsettled command or an order that is being
 * written. `trading.accept_orders` holds this lock shared from before it checks ticks and lots until
 * its commit. An order that was committed before is seen by the second statement, which therefore
 * must not be part of the first; a later order is checked against the new tick and lot size. A
 * replace needs no lock, because its order is open.
 */
export const lockTickAndLot = async (tx: Transaction, symbol: Ticker): Promise<BookState> => {
  const { rows: locks } = await tx.query<{ readonly locked: boolean }>(sql`
    select pg_try_advisory_xact_lock(
      hashtextextended(${symbol}, ${ADVISORY_LOCK_SEEDS.tickAndLot})) as locked`);
  if (locks[0]?.locked !== true) return { busy: true, lastPrice: undefined };
  const { rows } = await tx.query<{ readonly busy: boolean; readonly last_price: bigint | null }>(
    sql`
    select last_price,
      exists (select from trading.resting_order where resting_order.symbol = book.symbol)
        or exists (select from trading.waiting where waiting.symbol = book.symbol)
        or exists (select from trading.outbox where outbox.symbol = book.symbol)
        or coalesce(
          (select seq from trading.sequence where sequence.symbol = book.symbol), 0
        ) > settled_seq as busy
    from trading.book
    where symbol = ${symbol}`,
  );
  const { busy = true, last_price: lastPrice = null } = rows[0] ?? {};
  return { busy, lastPrice: lastPrice === null ? undefined : money(lastPrice) };
};

/** Lists an instrument and opens its book; false when the symbol is taken. */
export const insertListing = async (
  tx: Transaction,
  symbol: Ticker,
  terms: ListingTerms,
): Promise<boolean> => {
  const { count } = await tx.query(sql`
    insert into market.instrument (
      symbol, name, tick_size, lot_size, min_quantity, max_quantity, max_notional, reference_price,
      price_band_bps, duplicate_window_ms, calendar)
    values (
      ${symbol}, ${terms.name}, ${terms.tickSize}, ${terms.lotSize}, ${terms.minQuantity},
      ${terms.maxQuantity}, ${terms.maxNotional}, ${terms.referencePrice ?? null},
      ${terms.priceBandBps}, ${terms.duplicateWindowMs}, ${terms.calendar})
    on conflict do nothing`);
  if (count === 1) await tx.query(sql`insert into trading.book (symbol) values (${symbol})`);
  return count === 1;
};

/**
 * Changes the terms of an instrument. The matcher counts in ticks and lots, so these need `lockTickAndLot`.
 * The other terms need no lock: an order that was checked with former limits, price band or
 * calendar carries what follows from them (hold, collar price, end), and neither the matcher nor
 * the settlement reads these terms. The currency never changes.
 *
 * A last price that is not on the new tick is rounded down to a tick, because the book that is
 * rebuilt when trading resumes counts in ticks.
 */
export const updateListing = async (
  tx: Transaction,
  symbol: Ticker,
  terms: ListingTerms,
): Promise<void> => {
  await tx.query(sql`
    with changed as (
      update market.instrument
      set name = ${terms.name}, tick_size = ${terms.tickSize}, lot_size = ${terms.lotSize},
        min_quantity = ${terms.minQuantity}, max_quantity = ${terms.maxQuantity},
        max_notional = ${terms.maxNotional}, reference_price = ${terms.referencePrice ?? null},
        price_band_bps = ${terms.priceBandBps},
        duplicate_window_ms = ${terms.duplicateWindowMs}, calendar = ${terms.calendar}
      where symbol = ${symbol}
      returning symbol, tick_size
    )
    update trading.book
    set last_price = greatest(last_price / tick_size * tick_size, tick_size)
    from changed
    where book.symbol = changed.symbol and last_price % tick_size <> 0`);
};

/**
 * Changes whether an instrument trades, and sends the change to the matcher in the symbol's
 * sequence.
 */
export const setStatus = async (
  tx: Transaction,
  symbol: Ticker,
  status: Instrument["status"],
  correlationId: string,
): Promise<void> => {
  const command = encodeCommand({ type: status === "trading" ? "resume" : "halt" }, correlationId);
  await tx.query(sql`
    with changed as (
      update market.instrument
      set status = ${status}, status_since = clock_timestamp()
      where symbol = ${symbol}
      returning symbol
    )
    insert into trading.outbox (symbol, command)
    select symbol, ${command}::jsonb from changed`);
};

/** Why no instrument can trade by a calendar: the calendar does not exist, or has no days left. */
export type CalendarFault = "unknown_calendar" | "calendar_over";

/** Finds what is wrong with the calendar of this code; undefined when nothing is. */
export const findCalendarFault = async (
  db: Executor,
  code: string,
): Promise<CalendarFault | undefined> => {
  const { rows } = await db.query<{ readonly is_over: boolean }>(sql`
    select coalesce(
      known_until < (clock_timestamp() at time zone time_zone)::date, false) as is_over
    from market.calendar
    where calendar = ${code}`);
  const [calendar] = rows;
  if (calendar === undefined) return "unknown_calendar";
  return calendar.is_over ? "calendar_over" : undefined;
};
