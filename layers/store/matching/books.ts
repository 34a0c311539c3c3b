import type { ClientId, OrderId, Ticker } from "../../domain/identifiers.ts";
import type {
  Direction,
  OrderType,
  SelfTradePrevention,
  TimeInForce,
} from "../../domain/orders/order.ts";
import { type Money, money, type Shares, shares } from "../../domain/units.ts";
import { type Executor, sql, type Transaction } from "../pg/database.ts";
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

/** A book as its owner finds it: what has been settled, and under which epoch it may write. */
export type ClaimedBook = {
  readonly epoch: number;
  readonly settledSeq: number;
  readonly lastPrice: Money | undefined;
  readonly halted: boolean;
};

/**
 * Opens a book for writing under the shard's lease: from here on, nobody can settle what was decided
 * before, this process included. Waits for a settlement that is just committing. Throws Fenced when
 * somebody else has taken the shard over.
 */
export const claimBook = async (
  tx: Transaction,
  symbol: Ticker,
  lease: Lease,
): Promise<ClaimedBook> => {
  const { rows } = await tx.query<{
    readonly epoch: bigint;
    readonly settled_seq: bigint;
    readonly last_price: bigint | null;
    readonly halted: boolean;
  }>(sql`
    with held as (
      select shard from trading.shard where shard = ${lease.shard} and epoch = ${lease.epoch} for share
    )
    update trading.book
    set epoch = book.epoch + 1,
      failed_seq = case
        when failed_seq <= (select seq from trading.sequence where sequence.symbol = book.symbol)
        then failed_seq
      end
    from held
    where symbol = ${symbol} and book.shard = held.shard
    returning book.epoch, settled_seq, last_price, halted`);
  const row = rows[0];
  if (row === undefined) throw new Fenced(`shard ${lease.shard} has another owner`);
  return {
    epoch: Number(row.epoch),
    settledSeq: Number(row.settled_seq),
    lastPrice: row.last_price === null ? undefined : money(row.last_price),
    halted: row.halted,
  };
};

/**
 * Notes that a book stands still: what comes up to this number, or the next command, cannot be applied.
 * As long as it is not settled, new orders are refused. Needs no epoch: when an owner of former times
 * notes it, the present one settles past it.
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

/** An order that stands in the book, with what the matcher must know to go on with it. */
export type StandingOrder = {
  readonly orderId: OrderId;
  readonly clientId: ClientId;
  readonly direction: Direction;
  readonly orderType: OrderType;
  /** The worst price it may trade at. */
  readonly price: Money;
  readonly stopPrice: Money | undefined;
  readonly triggered: boolean;
  readonly timeInForce: TimeInForce;
  readonly postOnly: boolean;
  readonly selfTradePrevention: SelfTradePrevention;
  readonly quantity: Shares;
  readonly filled: Shares;
  readonly open: Shares;
  readonly cancelled: Shares;
  readonly expired: Shares;
  readonly prevented: Shares;
  readonly filledNotional: Money;
  readonly held: bigint;
  readonly engineOrder: number;
  readonly queuePosition: number;
  readonly createdAt: Date;
};

/** The orders that stand in a symbol's book, each queue and the dormant stops in their order. */
export const readStandingOrders = async (
  tx: Transaction,
  symbol: Ticker,
): Promise<readonly StandingOrder[]> => {
  const { rows } = await tx.query<{
    readonly order_id: string;
    readonly client_id: string;
    readonly direction: Direction;
    readonly order_type: OrderType;
    readonly collar_price: bigint;
    readonly stop_price: bigint | null;
    readonly triggered: boolean;
    readonly time_in_force: TimeInForce;
    readonly post_only: boolean;
    readonly self_trade_prevention: SelfTradePrevention;
    readonly quantity: bigint;
    readonly filled_quantity: bigint;
    readonly open_quantity: bigint;
    readonly cancelled_quantity: bigint;
    readonly expired_quantity: bigint;
    readonly prevented_quantity: bigint;
    readonly filled_notional: bigint;
    readonly held: bigint;
    readonly engine_order: bigint;
    readonly queue_position: bigint;
    readonly created_at: Date;
  }>(sql`
    select order_id, client_id, direction, order_type, collar_price, stop_price, triggered,
      time_in_force, post_only, self_trade_prevention, quantity,
      filled_quantity, open_quantity, cancelled_quantity, expired_quantity, prevented_quantity,
      filled_notional, held, engine_order, queue_position, created_at
    from trading.resting_order
    join trading."order" using (order_id)
    where resting_order.symbol = ${symbol}
    order by queue_position`);
  return rows.map((row) => ({
    orderId: row.order_id as OrderId,
    clientId: row.client_id as ClientId,
    direction: row.direction,
    orderType: row.order_type,
    price: money(row.collar_price),
    stopPrice: row.stop_price === null ? undefined : money(row.stop_price),
    triggered: row.triggered,
    timeInForce: row.time_in_force,
    postOnly: row.post_only,
    selfTradePrevention: row.self_trade_prevention,
    quantity: shares(Number(row.quantity)),
    filled: shares(Number(row.filled_quantity)),
    open: shares(Number(row.open_quantity)),
    cancelled: shares(Number(row.cancelled_quantity)),
    expired: shares(Number(row.expired_quantity)),
    prevented: shares(Number(row.prevented_quantity)),
    filledNotional: money(row.filled_notional),
    held: row.held,
    engineOrder: Number(row.engine_order),
    queuePosition: Number(row.queue_position),
    createdAt: row.created_at,
  }));
};
