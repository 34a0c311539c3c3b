import { z } from "zod";
import type { Ticker } from "../../domain/identifiers.ts";
import type { BookDepth, Level } from "../../domain/market/book-depth.ts";
import type { MarketBook, MarketEvent, PublicTrade } from "../../domain/market/market-event.ts";
import { money, shares } from "../../domain/units.ts";
import { type Executor, sql } from "../pg/database.ts";

/** Where a follower stands in one symbol. */
export type Cursor = { readonly symbol: Ticker; readonly seq: number };

/** What a follower has yet to see of one symbol. */
export type News = {
  readonly symbol: Ticker;
  /** The book's own number: events must lead up to it, or some are gone. */
  readonly settledSeq: number;
  readonly events: readonly MarketEvent[];
  /** True when there may be more events than were read. */
  readonly more: boolean;
};

/** Events of one symbol read at once: a bound on memory while catching up. */
const EVENTS_AT_ONCE = 200;

const price = z
  .string()
  .regex(/^[0-9]{1,18}$/)
  .transform((text) => money(BigInt(text)));
const quantity = z.number().int().min(0).transform(shares);
const level = z.tuple([price, quantity]).transform(
  ([at, open]): Level => ({
    price: at,
    quantity: open,
  }),
);
const depthColumn = z.object({ bids: z.array(level), asks: z.array(level) });
const tradesColumn = z.array(
  z
    .object({
      trade_id: z.string(),
      price,
      quantity,
      taker_side: z.enum(["buy", "sell"]),
      seq: z.number().int(),
      ts: z.iso.datetime({ offset: true }),
    })
    .transform(
      (trade): PublicTrade => ({
        tradeId: trade.trade_id,
        price: trade.price,
        quantity: trade.quantity,
        takerSide: trade.taker_side,
        seq: trade.seq,
        at: new Date(trade.ts),
      }),
    ),
);

type BookRow = {
  readonly symbol: string;
  readonly seq: bigint;
  readonly last_price: bigint | null;
  readonly levels: unknown;
  readonly read_at: Date;
};

const toDepth = (levels: unknown): BookDepth => depthColumn.parse(levels);

const toBook = (row: BookRow): MarketBook => ({
  symbol: row.symbol as Ticker,
  seq: Number(row.seq),
  depth: toDepth(row.levels),
  last: row.last_price === null ? undefined : money(row.last_price),
  at: row.read_at,
});

/**
 * The books of these symbols, added up from the orders that rest in them. One statement, hence one
 * snapshot: the orders are exactly those after command `seq`. A symbol without an instrument is left
 * out.
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
    ), side as (
      select
        symbol,
        direction,
        jsonb_agg(jsonb_build_array(price::text, quantity)
          order by case direction when 'buy' then -price else price end) as levels
      from level
      group by symbol, direction
    )
    select
      instrument.symbol,
      coalesce(book.settled_seq, 0) as seq,
      book.last_price,
      jsonb_build_object(
        'bids', coalesce(bid.levels, '[]'), 'asks', coalesce(ask.levels, '[]')) as levels,
      now() as read_at
    from market.instrument
    left join trading.book using (symbol)
    left join side as bid on bid.symbol = instrument.symbol and bid.direction = 'buy'
    left join side as ask on ask.symbol = instrument.symbol and ask.direction = 'sell'
    where instrument.symbol = any(${symbols})
    order by instrument.symbol`);
  return rows.map(toBook);
};

/** Every symbol there is a book for. */
export const readSymbols = async (db: Executor): Promise<readonly Ticker[]> => {
  const { rows } = await db.query<{ symbol: string }>(
    sql`select symbol from market.instrument order by symbol`,
  );
  return rows.map(({ symbol }) => symbol as Ticker);
};

type EventRow = {
  readonly symbol: string;
  readonly settled_seq: bigint;
  readonly first_seq: bigint | null;
  readonly last_seq: bigint | null;
  readonly depth: unknown;
  readonly trades: unknown;
  readonly created_at: Date | null;
};

/** An unreadable row is as good as a missing one: the follower sees a gap and rebuilds the book. */
const toEvents = (row: EventRow): readonly MarketEvent[] => {
  const depth = depthColumn.safeParse(row.depth);
  const trades = tradesColumn.safeParse(row.trades);
  if (!depth.success || !trades.success || row.created_at === null) return [];
  return [
    {
      symbol: row.symbol as Ticker,
      firstSeq: Number(row.first_seq),
      lastSeq: Number(row.last_seq),
      depth: depth.data,
      trades: trades.data,
      at: row.created_at,
    },
  ];
};

/**
 * What happened after each cursor, oldest first. Books that stand where their cursor stands are left
 * out. One statement: events and `settledSeq` belong together.
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
      event.first_seq, event.last_seq, event.depth, event.trades, event.created_at
    from unnest(${symbols}::text[], ${seqs}::bigint[]) as reader (symbol, seq)
    join trading.book on book.symbol = reader.symbol and book.settled_seq <> reader.seq
    left join lateral (
      select first_seq, last_seq, depth, trades, created_at
      from market.event
      where event.symbol = reader.symbol and event.last_seq > reader.seq
      order by event.last_seq
      limit ${EVENTS_AT_ONCE}
    ) as event on true
    order by book.symbol, event.last_seq`);
  const bySymbol = Map.groupBy(rows, ({ symbol }) => symbol);
  return [...bySymbol].map(([symbol, found]) => ({
    symbol: symbol as Ticker,
    settledSeq: Number(found[0]?.settled_seq),
    events: found.flatMap(toEvents),
    more: found.length === EVENTS_AT_ONCE,
  }));
};

/** How one symbol's market does, as the database knows it. */
export type MarketState = {
  readonly symbol: Ticker;
  readonly isOpen: boolean;
  /** For how long the oldest command waits to be settled. */
  readonly waitingSeconds: number;
};

/** Whether each market is open, and how far behind its matcher is. */
export const readMarketStates = async (db: Executor): Promise<readonly MarketState[]> => {
  const { rows } = await db.query<{
    readonly symbol: string;
    readonly is_open: boolean;
    readonly waiting: number | null;
  }>(sql`
    select
      symbol,
      instrument.status = 'trading' and not book.halted as is_open,
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
    waitingSeconds: row.waiting ?? 0,
  }));
};

/**
 * Names the numbering of this database: it changes when the server is restored to an earlier time or
 * replaced by another one, so numbers given before mean nothing any more.
 */
export const readEpoch = async (db: Executor): Promise<string> => {
  const { rows } = await db.query<{ readonly epoch: string }>(sql`
    select left(md5(concat_ws(' ', system.system_identifier, checkpoint.timeline_id,
      (select oid from pg_database where datname = current_database()))), 12) as epoch
    from pg_control_system() as system, pg_control_checkpoint() as checkpoint`);
  return rows[0]?.epoch ?? "";
};
