import type { Ticker } from "../../domain/identifiers.ts";
import type { BookDepth, Level } from "../../domain/market/book-depth.ts";
import type { MarketBook, MarketEvent, PublicTrade } from "../../domain/market/market-event.ts";
import type { Direction } from "../../domain/orders/order.ts";
import { money, shares } from "../../domain/units.ts";
import { type Executor, sql } from "../pg/database.ts";
import { type TradeRow, toTrade } from "./market-data.ts";

/** The position of a follower in one symbol. */
type Cursor = { readonly symbol: Ticker; readonly seq: number };

/** What a follower has not seen yet of one symbol. */
export type News = {
  readonly symbol: Ticker;
  /** The book's own number: the events must reach it, or some are missing. */
  readonly settledSeq: number;
  readonly events: readonly MarketEvent[];
  /** Whether there may be more events than were read. */
  readonly more: boolean;
};

/** The most events of a symbol that are read at once, which limits the memory while catching up. */
const EVENTS_AT_ONCE = 200;

/** A level of a book, as a row; a book or an event without levels is a row without a level. */
type LevelRow = {
  readonly symbol: string;
  readonly side: Direction | null;
  readonly price: bigint;
  readonly quantity: bigint;
};

const toDepth = (rows: readonly LevelRow[]): BookDepth => {
  const levels = (wanted: Direction): readonly Level[] =>
    rows
      .filter(({ side }) => side === wanted)
      .map(({ price, quantity }) => ({ price: money(price), quantity: shares(Number(quantity)) }));
  return { bids: levels("buy"), asks: levels("sell") };
};

type BookRow = LevelRow & {
  readonly seq: bigint;
  readonly last_price: bigint | null;
  readonly read_at: Date;
};

const toBook = ([row, ...rest]: Group<BookRow>): MarketBook => ({
  symbol: row.symbol as Ticker,
  seq: Number(row.seq),
  depth: toDepth([row, ...rest]),
  last: row.last_price === null ? undefined : money(row.last_price),
  at: row.read_at,
});

/**
 * The books of these symbols, computed from the orders that rest in them. One statement is one
 * snapshot, so these are exactly the orders after command `seq`. A symbol without an instrument is
 * left out.
 */
export const readBooks = async (
  db: Executor,
  symbols: readonly string[],
): Promise<readonly MarketBook[]> => {
  const { rows } = await db.query<BookRow>(sql`
    with level as (
      select resting_order.symbol, direction, price, sum(open_quantity)::bigint as quantity
      from trading.resting_order
      join trading."order" using (order_id)
      where resting_order.symbol = any(${symbols})
        and (stop_price is null or triggered)
      group by resting_order.symbol, direction, price
    )
    select
      instrument.symbol,
      coalesce(book.settled_seq, 0) as seq,
      book.last_price,
      direction as side,
      price,
      quantity,
      now() as read_at
    from market.instrument
    left join trading.book using (symbol)
    left join level using (symbol)
    where instrument.symbol = any(${symbols})
    order by instrument.symbol, direction, case direction when 'buy' then -price else price end`);
  return groups(rows, ({ symbol }) => symbol).map(toBook);
};

/** Every symbol with a book. */
export const readSymbols = async (db: Executor): Promise<readonly Ticker[]> => {
  const { rows } = await db.query<{ symbol: string }>(
    sql`select symbol from market.instrument order by symbol`,
  );
  return rows.map(({ symbol }) => symbol as Ticker);
};

type EventRow = LevelRow & {
  readonly settled_seq: bigint;
  readonly first_seq: bigint;
  /** Null in the only row of a symbol whose events were purged. */
  readonly last_seq: bigint | null;
  readonly created_at: Date;
  readonly trades: number;
};

/**
 * The events after each cursor, oldest first. Books without news are left out. One statement reads
 * `settledSeq` and the events, so they belong together. Trades are committed with their event, so a
 * later statement finds all of them.
 */
export const readNews = async (
  db: Executor,
  cursors: readonly Cursor[],
): Promise<readonly News[]> => {
  const symbols = cursors.map(({ symbol }) => symbol);
  const seqs = cursors.map(({ seq }) => seq);
  const { rows } = await db.query<EventRow>(sql`
    select
      book.symbol, book.settled_seq,
      event.first_seq, event.last_seq, event.trades, event.created_at,
      level.side, level.price, level.quantity
    from unnest(${symbols}::text[], ${seqs}::bigint[]) as reader (symbol, seq)
    join trading.book on book.symbol = reader.symbol and book.settled_seq <> reader.seq
    left join lateral (
      select first_seq, last_seq, trades, bids, asks, created_at
      from market.event
      where event.symbol = reader.symbol and event.last_seq > reader.seq
      order by event.last_seq
      limit ${EVENTS_AT_ONCE}
    ) as event on true
    left join lateral (
      select 'buy' as side, price, quantity from unnest(bids)
      union all
      select 'sell', price, quantity from unnest(asks)
    ) as level on true
    order by book.symbol, event.last_seq`);
  const events = await toEvents(db, rows);
  return groups(rows, ({ symbol }) => symbol).map(([{ symbol, settled_seq }]) => {
    const own = events.filter((event) => event.symbol === symbol);
    const more = own.length === EVENTS_AT_ONCE;
    return { symbol: symbol as Ticker, settledSeq: Number(settled_seq), events: own, more };
  });
};

const toEvents = async (
  db: Executor,
  rows: readonly EventRow[],
): Promise<readonly MarketEvent[]> => {
  const stored = rows.filter(({ last_seq }) => last_seq !== null);
  const batches = groups(stored, keyOf);
  const traded = batches.map(([first]) => first).filter((event) => event.trades > 0);
  const trades = await readTrades(db, traded);
  return batches.map(([first, ...rest]) => ({
    symbol: first.symbol as Ticker,
    firstSeq: Number(first.first_seq),
    lastSeq: Number(first.last_seq),
    depth: toDepth([first, ...rest]),
    trades: trades.get(keyOf(first)) ?? [],
    at: first.created_at,
  }));
};

const keyOf = ({ symbol, last_seq }: Pick<EventRow, "symbol" | "last_seq">): string =>
  `${symbol} ${last_seq}`;

/** The trades of each of these batches, in their order. */
const readTrades = async (
  db: Executor,
  batches: readonly EventRow[],
): Promise<ReadonlyMap<string, readonly PublicTrade[]>> => {
  if (batches.length === 0) return new Map();
  const { rows } = await db.query<TradeRow & Pick<EventRow, "symbol" | "last_seq">>(sql`
    select trade.symbol, last_seq, trade_id, price, quantity, taker_side, seq, created_at
    from unnest(
      ${batches.map(({ symbol }) => symbol)}::text[],
      ${batches.map(({ first_seq }) => first_seq)}::bigint[],
      ${batches.map(({ last_seq }) => last_seq)}::bigint[]
    ) as batch (symbol, first_seq, last_seq)
    join trading.trade on trade.symbol = batch.symbol and seq between first_seq and last_seq
    order by seq, trading.trade_index(trade_id)`);
  return new Map(groups(rows, keyOf).map((found) => [keyOf(found[0]), found.map(toTrade)]));
};

type Group<Row> = [Row, ...Row[]];

/** Groups rows by key, in the order of each key's first row. */
const groups = <Row>(rows: readonly Row[], key: (row: Row) => string): readonly Group<Row>[] => {
  const found = new Map<string, Group<Row>>();
  for (const row of rows) {
    const group = found.get(key(row));
    if (group === undefined) found.set(key(row), [row]);
    else group.push(row);
  }
  return [...found.values()];
};

/** The state of one symbol's market in the database. */
export type MarketState = {
  readonly symbol: Ticker;
  readonly isOpen: boolean;
  /** When an operator last halted, resumed or closed the instrument. */
  readonly since: Date;
  /** How long the oldest command has been waiting to be settled. */
  readonly waitingSeconds: number;
};

/** Whether each market is open, and how far behind its matcher is. */
export const readMarketStates = async (db: Executor): Promise<readonly MarketState[]> => {
  const { rows } = await db.query<{
    readonly symbol: string;
    readonly is_open: boolean;
    readonly status_since: Date;
    readonly waiting: number | null;
  }>(sql`
    select
      symbol,
      instrument.status = 'trading' and not book.halted as is_open,
      status_since,
      extract(epoch from clock_timestamp() - least(
        (
          select created_at
          from trading.command
          where command.symbol = book.symbol and seq > book.settled_seq
          order by seq
          limit 1
        ),
        unsent.created_at))::float8 as waiting
    from market.instrument
    join trading.book using (symbol)
    left join (
      select symbol, min(created_at) as created_at from trading.outbox group by symbol
    ) as unsent using (symbol)`);
  return rows.map((row) => ({
    symbol: row.symbol as Ticker,
    isOpen: row.is_open,
    since: row.status_since,
    waitingSeconds: row.waiting ?? 0,
  }));
};

/**
 * Identifies the numbering of this database: it changes when the server is restored to an earlier
 * time or replaced, because the numbers given before then have no meaning any more.
 */
export const readEpoch = async (db: Executor): Promise<string> => {
  const { rows } = await db.query<{ readonly epoch: string }>(sql`
    select left(md5(concat_ws(' ', system.system_identifier, checkpoint.timeline_id,
      (select oid from pg_database where datname = current_database()))), 12) as epoch
    from pg_control_system() as system, pg_control_checkpoint() as checkpoint`);
  return rows[0]?.epoch ?? "";
};
