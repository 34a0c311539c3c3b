import type { Ticker } from "../../domain/identifiers.ts";
import { CANDLE_SECONDS, type Candle, type CandleInterval } from "../../domain/market/candle.ts";
import type { PublicTrade } from "../../domain/market/market-event.ts";
import { money, shares } from "../../domain/units.ts";
import { type Executor, sql } from "../pg/database.ts";

/** A page of trades, and the number of the symbol's last settled command at that moment. */
export type Tape<Row> = { readonly seq: number; readonly rows: readonly Row[] };

/** The position of a trade: a later command, or a later trade of the same command, is newer. */
type TapePlace = { readonly seq: number; readonly index: number };

/** A published trade, as a row. */
export type TradeRow = {
  readonly trade_id: string;
  readonly price: bigint;
  readonly quantity: bigint;
  readonly taker_side: "buy" | "sell";
  readonly seq: bigint;
  readonly created_at: Date;
};

const BEYOND: TapePlace = { seq: Number.MAX_SAFE_INTEGER, index: 0 };

/** The trades before a position, newest first; undefined when there is no such instrument. */
export const readTape = async (
  db: Executor,
  symbol: Ticker,
  page: { readonly before: TapePlace | undefined; readonly limit: number },
): Promise<Tape<PublicTrade> | undefined> => {
  const { seq, index } = page.before ?? BEYOND;
  type TapeRow = TradeRow & { readonly settled_seq: bigint };
  const { rows } = await db.query<TapeRow>(sql`
    select coalesce(book.settled_seq, 0) as settled_seq, tape.*
    from market.instrument
    left join trading.book using (symbol)
    left join lateral (
      select trade_id, price, quantity, taker_side, seq, created_at
      from trading.trade
      where trade.symbol = instrument.symbol
        and (seq, trading.trade_index(trade_id)) < (${seq}::bigint, ${index}::integer)
      order by seq desc, trading.trade_index(trade_id) desc
      limit ${page.limit}
    ) as tape on true
    where instrument.symbol = ${symbol}
    order by tape.seq desc, trading.trade_index(tape.trade_id) desc`);
  return asTape(rows, ({ trade_id }) => trade_id !== null, toTrade);
};

/** The trade of a row. */
export const toTrade = (row: TradeRow): PublicTrade => ({
  tradeId: row.trade_id,
  price: money(row.price),
  quantity: shares(Number(row.quantity)),
  takerSide: row.taker_side,
  seq: Number(row.seq),
  at: row.created_at,
});

type CandleRow = {
  readonly settled_seq: bigint;
  readonly opens_at: Date | null;
  readonly open: bigint;
  readonly high: bigint;
  readonly low: bigint;
  readonly close: bigint;
  readonly volume: bigint;
  readonly trades: bigint;
};

/**
 * The candles that open before a time, newest first; undefined when there is no such instrument.
 * Candles of five minutes and of a day are computed from stored ones, never more than the page
 * needs.
 */
export const readCandles = async (
  db: Executor,
  symbol: Ticker,
  page: {
    readonly interval: CandleInterval;
    readonly before: Date | undefined;
    readonly limit: number;
  },
): Promise<Tape<Candle> | undefined> => {
  const width = CANDLE_SECONDS[page.interval];
  const stored = width < 3_600 ? 60 : 3_600;
  const { rows } = await db.query<CandleRow>(sql`
    with part as (
      select opens_at, open, high, low, close, volume, trades
      from market.candle
      where symbol = ${symbol}
        and seconds = ${stored}
        and (${page.before ?? null}::timestamptz is null or opens_at < ${page.before ?? null})
      order by opens_at desc
      limit ${(page.limit * width) / stored}
    ), candle as (
      select
        date_bin(make_interval(secs => ${width}), part.opens_at, 'epoch') as opens_at,
        (array_agg(open order by part.opens_at))[1] as open,
        max(high) as high,
        min(low) as low,
        (array_agg(close order by part.opens_at desc))[1] as close,
        sum(volume)::bigint as volume,
        sum(trades)::bigint as trades
      from part
      group by 1
      order by 1 desc
      limit ${page.limit}
    )
    select coalesce(book.settled_seq, 0) as settled_seq, candle.*
    from market.instrument
    left join trading.book using (symbol)
    left join candle on true
    where instrument.symbol = ${symbol}
    order by candle.opens_at desc`);
  return asTape(rows, ({ opens_at }) => opens_at !== null, toCandle);
};

const toCandle = (row: CandleRow): Candle => ({
  opensAt: row.opens_at ?? new Date(Number.NaN),
  open: money(row.open),
  high: money(row.high),
  low: money(row.low),
  close: money(row.close),
  volume: row.volume,
  trades: Number(row.trades),
});

/** An instrument without trades gives a single row of nulls. */
const asTape = <Row extends { readonly settled_seq: bigint }, Item>(
  rows: readonly Row[],
  isThere: (row: Row) => boolean,
  to: (row: Row) => Item,
): Tape<Item> | undefined =>
  rows[0] === undefined
    ? undefined
    : { seq: Number(rows[0].settled_seq), rows: rows.filter(isThere).map(to) };
