import type { Ticker } from "../../domain/identifiers.ts";
import { type Money, money } from "../../domain/units.ts";
import { type Executor, sql } from "../pg/database.ts";
import { Fenced } from "./settlement.ts";
import type { Lease } from "./shards.ts";

/** The symbols of some shards. */
export const listBooks = async (
  db: Executor,
  shards: readonly number[],
): Promise<(shard: number) => readonly Ticker[]> => {
  const { rows } = await db.query<{ readonly shard: number; readonly symbol: string }>(
    sql`select shard, symbol from trading.book where shard = any(${shards}::smallint[]) order by symbol`,
  );
  const byShard = Map.groupBy(rows, (row) => row.shard);
  return (shard) => (byShard.get(shard) ?? []).map(({ symbol }) => symbol as Ticker);
};

/** A book for its owner: the last settled number, and the epoch under which it may write. */
export type ClaimedBook = {
  readonly epoch: number;
  readonly settledSeq: number;
  readonly lastPrice: Money | undefined;
  readonly halted: boolean;
  /** The number of orders in the book, including untriggered stops. */
  readonly orders: number;
};

/**
 * Opens a book for writing under the shard's lease. After that no process, not even this one, can
 * settle what was decided before. Waits for a settlement that is committing, but holds no lock
 * afterwards: reading a large book takes long, and must not delay a lease. Throws Fenced when
 * another process has taken the shard over.
 */
export const claimBook = async (
  db: Executor,
  symbol: Ticker,
  lease: Lease,
): Promise<ClaimedBook> => {
  const { rows } = await db.query<{
    readonly epoch: bigint;
    readonly settled_seq: bigint;
    readonly last_price: bigint | null;
    readonly halted: boolean;
    readonly orders: bigint;
  }>(sql`
    update trading.book
    set epoch = book.epoch + 1,
      failed_seq = case
        when failed_seq <= (select seq from trading.sequence where sequence.symbol = book.symbol)
        then failed_seq
      end
    from trading.shard
    where symbol = ${symbol}
      and book.shard = shard.shard
      and shard.shard = ${lease.shard}
      and shard.epoch = ${lease.epoch}
    returning book.epoch, settled_seq, last_price, halted,
      (select count(*) from trading.resting_order where resting_order.symbol = book.symbol) as orders`);
  const row = rows[0];
  if (row === undefined) throw new Fenced(`shard ${lease.shard} has another owner`);
  return {
    epoch: Number(row.epoch),
    settledSeq: Number(row.settled_seq),
    lastPrice: row.last_price === null ? undefined : money(row.last_price),
    halted: row.halted,
    orders: Number(row.orders),
  };
};

/**
 * Asserts that no other process has claimed the book since `epoch`, so that all that was read since
 * then belongs together. Throws Fenced otherwise.
 */
export const confirmClaim = async (db: Executor, symbol: Ticker, epoch: number): Promise<void> => {
  const { count } = await db.query(sql`
    select from trading.book where symbol = ${symbol} and epoch = ${epoch}`);
  if (count === 0) throw new Fenced(`${symbol} has another owner than epoch ${epoch}`);
};

/**
 * Records that a command halted a book because it cannot be applied: the command of this number or
 * one before it. Until it is settled, new orders are refused. Needs no epoch: when a former owner
 * records it, the present owner settles past it.
 */
export const failBook = async (
  db: Executor,
  symbol: Ticker,
  failedSeq: number | undefined,
): Promise<void> => {
  await db.query(sql`
    update trading.book
    set failed_seq = greatest(settled_seq + 1, ${failedSeq ?? 0})
    where symbol = ${symbol}`);
};
