import type { Transfer } from "../../domain/ledger/ledger.ts";
import type { Level } from "../../domain/market/book-depth.ts";
import { isTerminal } from "../../domain/orders/order.ts";
import type {
  BalanceChange,
  OrderChange,
  Settlement,
  Trade,
} from "../../domain/orders/settlement.ts";
import { Stale } from "../ledger/positions.ts";
import {
  bigint,
  boolean,
  compositeType,
  integer,
  text,
  timestamp,
  uuid,
} from "../pg/composites.ts";
import { type Executor, sql, sqlState } from "../pg/database.ts";

/** The pause before a client is notified of a fill, so that one mail can report several. */
const NOTICE_DELAY_MS = 1_000;

/** The SQLSTATE of `trading.settle` when a position has changed since it was read. */
const STALE = "BX004";

/** Levels of one side of a book. */
export const marketLevels = compositeType<Level>("market.level", [
  bigint(({ price }) => price),
  bigint(({ quantity }) => quantity),
]);

/** The rows of `trading.trade`. */
const trades = compositeType<Trade & { readonly symbol: string; readonly at: Date }>(
  "trading.trade",
  [
    text(({ tradeId }) => tradeId),
    text(({ symbol }) => symbol),
    bigint(({ seq }) => seq),
    bigint(({ price }) => price),
    bigint(({ quantity }) => quantity),
    text(({ takerSide }) => takerSide),
    uuid(({ makerOrderId }) => makerOrderId),
    uuid(({ takerOrderId }) => takerOrderId),
    uuid(({ buyerId }) => buyerId),
    uuid(({ sellerId }) => sellerId),
    timestamp(({ at }) => at),
  ],
);

const transfers = compositeType<Transfer>("trading.settled_transfer", [
  text(({ kind }) => kind),
  text(({ reference }) => reference),
  text(({ asset }) => asset),
  bigint(({ amount }) => amount),
  uuid(({ debitAccount }) => debitAccount),
  text(({ debitBucket }) => debitBucket),
  uuid(({ creditAccount }) => creditAccount),
  text(({ creditBucket }) => creditBucket),
]);

const balances = compositeType<BalanceChange>("trading.balance_change", [
  uuid(({ clientId }) => clientId),
  text(({ asset }) => asset),
  bigint(({ available }) => available),
  bigint(({ held }) => held),
  integer(({ endedOrders }) => endedOrders),
  bigint(({ position }) => position?.after.cost),
  bigint(({ position }) => position?.after.realizedPnl),
  bigint(({ position }) => position?.before.quantity),
  bigint(({ position }) => position?.before.cost),
  bigint(({ position }) => position?.before.realizedPnl),
]);

const orders = compositeType<OrderChange>("trading.order_change", [
  uuid(({ orderId }) => orderId),
  uuid(({ clientId }) => clientId),
  bigint(({ quantity }) => quantity),
  bigint(({ collarPrice }) => collarPrice),
  bigint(({ stopPrice }) => stopPrice),
  text(({ status }) => status),
  boolean(({ status }) => isTerminal(status)),
  boolean(({ rested }) => rested),
  boolean(({ triggered }) => triggered),
  text(({ reason }) => reason),
  bigint(({ filledQuantity }) => filledQuantity),
  bigint(({ openQuantity }) => openQuantity),
  bigint(({ cancelledQuantity }) => cancelledQuantity),
  bigint(({ expiredQuantity }) => expiredQuantity),
  bigint(({ preventedQuantity }) => preventedQuantity),
  bigint(({ filledNotional }) => filledNotional),
  bigint(({ held }) => held),
  bigint(({ engineOrder }) => engineOrder),
  bigint(({ queuePosition }) => queuePosition),
  uuid(({ decision }) => decision?.amendmentId),
  text(({ decision }) => decision?.refusal),
]);

/**
 * Writes a settlement in one statement. Returns false, and writes nothing, when another process has
 * taken the book over since `epoch`. Throws Stale when a position has changed since it was read.
 */
export const writeSettlement = async (
  db: Executor,
  settlement: Settlement,
  changes: readonly BalanceChange[],
  { epoch, settledAt }: { readonly epoch: number; readonly settledAt: Date },
): Promise<boolean> => {
  const { symbol, currency, firstSeq, lastSeq, lastPrice, halted, depth } = settlement;
  const noticesDue = new Date(settledAt.getTime() + NOTICE_DELAY_MS);
  const made = settlement.trades.map((trade) => ({ ...trade, symbol, at: settledAt }));
  try {
    const { rows } = await db.query<{ readonly is_settled: boolean }>(sql`
      select trading.settle(
        row(${symbol}, ${currency}, ${epoch}, ${firstSeq}, ${lastSeq}, ${lastPrice}, ${halted},
          ${settledAt}, ${noticesDue})::trading.settled_batch,
        ${marketLevels(depth.bids)}, ${marketLevels(depth.asks)}, ${trades(made)}, ${transfers(settlement.transfers)}, ${balances(changes)},
        ${orders(settlement.orders)}) as is_settled`);
    return rows[0]?.is_settled === true;
  } catch (error) {
    throw sqlState(error) === STALE ? new Stale(String(error), { cause: error }) : error;
  }
};
