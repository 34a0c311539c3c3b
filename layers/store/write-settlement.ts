import { assert } from "../domain/assert.ts";
import { isTerminal } from "../domain/order.ts";
import type { BalanceChange, DepthChange, Settlement } from "../domain/settlement.ts";
import { bigints, booleans, integers, texts, uuids } from "./columns.ts";
import { sql, type Transaction } from "./database.ts";
import { Stale } from "./positions.ts";

/** When a client is told of a fill: long enough to tell several at once. */
const NOTICE_DELAY_SECONDS = 1;

/**
 * Writes all that a settlement did but its watermark, in one statement; answers the replaces that were
 * under way of orders that ended. Throws Stale when a balance is not what it was taken for.
 */
export const writeSettlement = async (
  tx: Transaction,
  settlement: Settlement,
  changes: readonly BalanceChange[],
  settledAt: Date,
): Promise<readonly string[]> => {
  const { symbol, orders, trades, transfers } = settlement;
  const noticed = orders.filter(({ status, filled }) => filled > 0 || isTerminal(status));
  const gone = orders.filter(({ stood, status }) => stood && isTerminal(status));
  type Written = {
    readonly orders: bigint;
    readonly balances: bigint;
    readonly gone: bigint;
    readonly replacing: readonly string[];
  };
  const { rows } = await tx.query<Written>(sql`
    with balanced as (
      update ledger.balance
      set available = balance.available + change.available,
        held = balance.held + change.held,
        holds = holds - ended,
        cost = coalesce(change.cost, balance.cost),
        realized_pnl = coalesce(change.realized_pnl, balance.realized_pnl)
      from unnest(
        ${uuids(changes, (change) => change.clientId)}::uuid[],
        ${texts(changes, (change) => change.asset)}::text[],
        ${bigints(changes, (change) => change.available)}::bigint[],
        ${bigints(changes, (change) => change.held)}::bigint[],
        ${integers(changes, (change) => change.ended)}::integer[],
        ${bigints(changes, ({ position }) => position?.after.cost)}::bigint[],
        ${bigints(changes, ({ position }) => position?.after.realizedPnl)}::bigint[],
        ${bigints(changes, ({ position }) => position?.before.quantity)}::bigint[],
        ${bigints(changes, ({ position }) => position?.before.cost)}::bigint[],
        ${bigints(changes, ({ position }) => position?.before.realizedPnl)}::bigint[]
      ) as change (
        client_id, asset, available, held, ended, cost, realized_pnl, owned, cost_before, pnl_before)
      where balance.client_id = change.client_id
        and balance.asset = change.asset
        and (owned is null
          or (balance.available + balance.held, balance.cost, balance.realized_pnl)
            = (owned, cost_before, pnl_before))
      returning 1
    ), changed as (
      update trading."order"
      set status = next.status,
        closed = next.closed,
        pending_action = case when next.closed then null else pending_action end,
        extra_held = case when next.closed then 0 else extra_held end,
        reason = next.reason,
        triggered = next.triggered,
        filled_quantity = next.filled,
        open_quantity = next.open,
        cancelled_quantity = next.cancelled,
        expired_quantity = next.expired,
        prevented_quantity = next.prevented,
        filled_notional = next.filled_notional,
        held = next.held,
        engine_order = next.engine_order,
        queue_position = next.queue_position,
        lock_version = lock_version + 1,
        updated_at = ${settledAt}
      from unnest(
        ${uuids(orders, (order) => order.orderId)}::uuid[],
        ${texts(orders, (order) => order.status)}::text[],
        ${booleans(orders, (order) => isTerminal(order.status))}::boolean[],
        ${booleans(orders, (order) => order.stood)}::boolean[],
        ${texts(orders, (order) => order.reason)}::text[],
        ${booleans(orders, (order) => order.triggered)}::boolean[],
        ${bigints(orders, (order) => order.filled)}::bigint[],
        ${bigints(orders, (order) => order.open)}::bigint[],
        ${bigints(orders, (order) => order.cancelled)}::bigint[],
        ${bigints(orders, (order) => order.expired)}::bigint[],
        ${bigints(orders, (order) => order.prevented)}::bigint[],
        ${bigints(orders, (order) => order.filledNotional)}::bigint[],
        ${bigints(orders, (order) => order.held)}::bigint[],
        ${bigints(orders, (order) => order.engineOrder)}::bigint[],
        ${bigints(orders, (order) => order.queuePosition)}::bigint[]
      ) as next (
        order_id, status, closed, stood, reason, triggered, filled, open, cancelled, expired,
        prevented, filled_notional, held, engine_order, queue_position)
      where "order".order_id = next.order_id
        and (select count(*) from balanced) >= 0 -- always: and balances are written before orders
      -- What the row has become, not what it was: with a trigger on the table, PostgreSQL 18 answers
      -- for "old" what the statement saw at first, not what it found when it had waited for the row.
      returning "order".order_id, expires_at, not (next.closed or stood) as arrives,
        case when next.closed then "order".pending_amendment end as replacing
    ), arrived as (
      insert into trading.standing (symbol, order_id, expires_at)
      select ${symbol}, order_id, expires_at from changed where arrives
    ), gone as (
      delete from trading.standing
      using unnest(${uuids(gone, (order) => order.orderId)}::uuid[]) as gone (order_id)
      where standing.symbol = ${symbol} and standing.order_id = gone.order_id
      returning 1
    ), traded as (
      insert into trading.trade (
        trade_id, symbol, seq, price, quantity, taker_side, maker_order_id, taker_order_id,
        buyer_id, seller_id, created_at)
      select trade_id, ${symbol}, seq, price, quantity, taker_side, maker, taker, buyer, seller,
        ${settledAt}
      from unnest(
        ${texts(trades, (trade) => trade.tradeId)}::text[],
        ${bigints(trades, (trade) => trade.seq)}::bigint[],
        ${bigints(trades, (trade) => trade.price)}::bigint[],
        ${bigints(trades, (trade) => trade.quantity)}::bigint[],
        ${texts(trades, (trade) => trade.takerSide)}::text[],
        ${uuids(trades, (trade) => trade.makerOrderId)}::uuid[],
        ${uuids(trades, (trade) => trade.takerOrderId)}::uuid[],
        ${uuids(trades, (trade) => trade.buyerId)}::uuid[],
        ${uuids(trades, (trade) => trade.sellerId)}::uuid[]
      ) as made (trade_id, seq, price, quantity, taker_side, maker, taker, buyer, seller)
    ), journalled as (
      insert into ledger.journal (
        kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket,
        created_at)
      select moved.*, ${settledAt}
      from unnest(
        ${texts(transfers, (transfer) => transfer.kind)}::text[],
        ${texts(transfers, (transfer) => transfer.reference)}::text[],
        ${texts(transfers, (transfer) => transfer.asset)}::text[],
        ${bigints(transfers, (transfer) => transfer.amount)}::bigint[],
        ${uuids(transfers, (transfer) => transfer.debitAccount)}::uuid[],
        ${texts(transfers, (transfer) => transfer.debitBucket)}::text[],
        ${uuids(transfers, (transfer) => transfer.creditAccount)}::uuid[],
        ${texts(transfers, (transfer) => transfer.creditBucket)}::text[]
      ) as moved
    ), shown as (
      insert into market.event (symbol, first_seq, last_seq, depth, trades, created_at)
      values (${symbol}, ${settlement.firstSeq}, ${settlement.lastSeq},
        ${depthJson(settlement.depth)}::jsonb, ${tradesJson(settlement, settledAt)}::jsonb,
        ${settledAt})
    ), noticed as (
      insert into trading.notice_intake (order_ids, client_ids, due_at)
      select order_ids, client_ids, ${settledAt}::timestamptz + ${NOTICE_DELAY_SECONDS} * interval '1 second'
      from (values (
        ${uuids(noticed, (order) => order.orderId)}::uuid[],
        ${uuids(noticed, (order) => order.clientId)}::uuid[]
      )) as owed (order_ids, client_ids)
      where cardinality(order_ids) > 0
    )
    select count(*) as orders,
      (select count(*) from balanced) as balances,
      (select count(*) from gone) as gone,
      coalesce(array_agg(replacing) filter (where replacing is not null), '{}') as replacing
    from changed`);
  const [written] = rows;
  if (written?.balances !== BigInt(changes.length))
    throw new Stale(`not every balance that ${symbol} settles is what it was taken for`);
  assert(written.orders === BigInt(orders.length), "a settled order does not exist");
  assert(written.gone === BigInt(gone.length), "an order that ended did not stand in the book");
  return written.replacing;
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
