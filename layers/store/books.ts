import type { ClientId, OrderId, Ticker } from "../domain/identifiers.ts";
import type { Direction, SelfTradePrevention } from "../domain/order.ts";
import { type Money, money, type Shares, shares } from "../domain/units.ts";
import { type Executor, sql, type Transaction } from "./database.ts";

/** The symbols of one shard, in no particular order. */
export const listBooks = async (db: Executor): Promise<readonly Ticker[]> => {
  const { rows } = await db.query<{ readonly symbol: string }>(
    sql`select symbol from trading.book order by symbol`,
  );
  return rows.map(({ symbol }) => symbol as Ticker);
};

/** A book as its owner finds it: what has been settled, and under which epoch it may write. */
export type ClaimedBook = {
  readonly epoch: number;
  readonly settledSeq: number;
  readonly lastPrice: Money | undefined;
  readonly halted: boolean;
};

/**
 * Takes a symbol over: from here on, whoever owned it before cannot write. Waits for a settlement
 * that is just committing.
 */
export const claimBook = async (tx: Transaction, symbol: Ticker): Promise<ClaimedBook> => {
  const { rows } = await tx.query<{
    readonly epoch: bigint;
    readonly settled_seq: bigint;
    readonly last_price: bigint | null;
    readonly halted: boolean;
  }>(sql`
    update trading.book
    set epoch = epoch + 1
    where symbol = ${symbol}
    returning epoch, settled_seq, last_price, halted`);
  const row = rows[0];
  if (row === undefined) throw new Error(`there is no book of ${symbol}`);
  return {
    epoch: Number(row.epoch),
    settledSeq: Number(row.settled_seq),
    lastPrice: row.last_price === null ? undefined : money(row.last_price),
    halted: row.halted,
  };
};

/** An order that stands in the book, with what the matcher must know to go on with it. */
export type StandingOrder = {
  readonly orderId: OrderId;
  readonly clientId: ClientId;
  readonly direction: Direction;
  readonly price: Money;
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

/** The orders that stand in a symbol's book, each queue in its order. */
export const readStandingOrders = async (
  tx: Transaction,
  symbol: Ticker,
): Promise<readonly StandingOrder[]> => {
  const { rows } = await tx.query<{
    readonly order_id: string;
    readonly client_id: string;
    readonly direction: Direction;
    readonly hold_price: bigint;
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
    select order_id, client_id, direction, hold_price, post_only, self_trade_prevention, quantity,
      filled_quantity, open_quantity, cancelled_quantity, expired_quantity, prevented_quantity,
      filled_notional, held, engine_order, queue_position, created_at
    from trading."order"
    where symbol = ${symbol} and not closed and engine_order is not null
    order by queue_position`);
  return rows.map((row) => ({
    orderId: row.order_id as OrderId,
    clientId: row.client_id as ClientId,
    direction: row.direction,
    price: money(row.hold_price),
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
