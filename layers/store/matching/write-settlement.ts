import { isTerminal } from "../../domain/orders/order.ts";
import type { BalanceChange, DepthChange, Settlement } from "../../domain/orders/settlement.ts";
import { Stale } from "../ledger/positions.ts";
import { bigints, booleans, integers, texts, uuids } from "../pg/columns.ts";
import { type Executor, sql, sqlState } from "../pg/database.ts";

/** When a client is told of a fill: long enough to tell several at once. */
const NOTICE_DELAY_MS = 1_000;

/** What `trading.settle` raises when a balance is not what it was taken for. */
const STALE = "BX004";

/**
 * Writes all that a settlement did, in one statement: watermark, balances, orders, trades, journal, the
 * feed's event and the notices. False, and nothing is written, when another owner has come since
 * `epoch`; without one the watermark has been moved before, in the same transaction. Throws Stale when a
 * balance is not what it was taken for.
 */
export const writeSettlement = async (
  db: Executor,
  settlement: Settlement,
  changes: readonly BalanceChange[],
  { epoch, settledAt }: { readonly epoch: number | undefined; readonly settledAt: Date },
): Promise<boolean> => {
  const { symbol, currency, orders, trades, transfers } = settlement;
  const noticed = orders.filter(({ status, filled }) => filled > 0 || isTerminal(status));
  const gone = orders.filter(({ stood, status }) => stood && isTerminal(status));
  const noticesDue = new Date(settledAt.getTime() + NOTICE_DELAY_MS);
  try {
    const { rows } = await db.query<{ readonly is_settled: boolean }>(sql`
      select trading.settle(
        ${symbol}, ${currency}, ${epoch}, ${settlement.firstSeq}, ${settlement.lastSeq},
        ${settlement.lastPrice}, ${settlement.halted}, ${settledAt},
        ${depthJson(settlement.depth)}, ${tradesJson(settlement, settledAt)},
        ${uuids(changes, (change) => change.clientId)},
        ${texts(changes, (change) => change.asset)},
        ${bigints(changes, (change) => change.available)},
        ${bigints(changes, (change) => change.held)},
        ${integers(changes, (change) => change.ended)},
        ${bigints(changes, ({ position }) => position?.after.cost)},
        ${bigints(changes, ({ position }) => position?.after.realizedPnl)},
        ${bigints(changes, ({ position }) => position?.before.quantity)},
        ${bigints(changes, ({ position }) => position?.before.cost)},
        ${bigints(changes, ({ position }) => position?.before.realizedPnl)},
        ${uuids(orders, (order) => order.orderId)},
        ${texts(orders, (order) => order.status)},
        ${booleans(orders, (order) => isTerminal(order.status))},
        ${booleans(orders, (order) => order.stood)},
        ${texts(orders, (order) => order.reason)},
        ${booleans(orders, (order) => order.triggered)},
        ${bigints(orders, (order) => order.filled)},
        ${bigints(orders, (order) => order.open)},
        ${bigints(orders, (order) => order.cancelled)},
        ${bigints(orders, (order) => order.expired)},
        ${bigints(orders, (order) => order.prevented)},
        ${bigints(orders, (order) => order.filledNotional)},
        ${bigints(orders, (order) => order.held)},
        ${bigints(orders, (order) => order.engineOrder)},
        ${bigints(orders, (order) => order.queuePosition)},
        ${uuids(gone, (order) => order.orderId)},
        ${texts(trades, (trade) => trade.tradeId)},
        ${bigints(trades, (trade) => trade.seq)},
        ${bigints(trades, (trade) => trade.price)},
        ${bigints(trades, (trade) => trade.quantity)},
        ${texts(trades, (trade) => trade.takerSide)},
        ${uuids(trades, (trade) => trade.makerOrderId)},
        ${uuids(trades, (trade) => trade.takerOrderId)},
        ${uuids(trades, (trade) => trade.buyerId)},
        ${uuids(trades, (trade) => trade.sellerId)},
        ${texts(transfers, (transfer) => transfer.kind)},
        ${texts(transfers, (transfer) => transfer.reference)},
        ${texts(transfers, (transfer) => transfer.asset)},
        ${bigints(transfers, (transfer) => transfer.amount)},
        ${uuids(transfers, (transfer) => transfer.debitAccount)},
        ${texts(transfers, (transfer) => transfer.debitBucket)},
        ${uuids(transfers, (transfer) => transfer.creditAccount)},
        ${texts(transfers, (transfer) => transfer.creditBucket)},
        ${uuids(noticed, (order) => order.orderId)},
        ${uuids(noticed, (order) => order.clientId)},
        ${noticesDue}) as is_settled`);
    return rows[0]?.is_settled === true;
  } catch (error) {
    throw sqlState(error) === STALE ? new Stale(String(error), { cause: error }) : error;
  }
};

type Level = readonly [price: bigint, quantity: number];

const depthJson = ({ bids, asks }: DepthChange): string => {
  const levels = (side: readonly Level[]) =>
    side.map(([price, quantity]) => [price.toString(), quantity]);
  return JSON.stringify({ bids: levels(bids), asks: levels(asks) });
};

const tradesJson = ({ trades }: Settlement, settledAt: Date): string =>
  JSON.stringify(
    trades.map((trade) => ({
      trade_id: trade.tradeId,
      price: trade.price.toString(),
      quantity: trade.quantity,
      taker_side: trade.takerSide,
      seq: trade.seq,
      ts: settledAt.toISOString(),
    })),
  );
