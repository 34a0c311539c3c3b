import { assert } from "../domain/assert.ts";
import type { ClientId } from "../domain/identifiers.ts";
import { isTerminal } from "../domain/order.ts";
import {
  type DepthChange,
  type Holding,
  type Settlement,
  settledHoldings,
  touchedBalances,
} from "../domain/settlement.ts";
import { type Database, sql, type Transaction } from "./database.ts";
import { abandonAmendments, decideAmendments } from "./decide-amendments.ts";

/** Another process owns the symbol now: whoever sees this must stop writing at once. */
export class Fenced extends Error {
  override readonly name = "Fenced";
}

/** When a client is told of a fill: long enough to tell several at once. */
const NOTICE_DELAY_SECONDS = 1;

/**
 * Settles a batch in one transaction: watermark, accounts, balances, orders, trades, journal, the
 * feed's event and the notices. The epoch is checked by the statement that moves the watermark, so a
 * former owner writes nothing; the watermark moves once, so a batch settles once.
 */
export const settle = (
  database: Database,
  settlement: Settlement,
  owner: { readonly epoch: number; readonly settledAt: Date },
): Promise<void> =>
  database.transaction(async (tx) => {
    // Sent together; whoever was fenced leaves by the first, before anything is written.
    const [, before] = await Promise.all([
      moveWatermark(tx, settlement, owner.epoch),
      lockHoldings(tx, settlement),
    ]);
    const after = settledHoldings(settlement, before);
    const [, replacing] = await Promise.all([
      decideAmendments(tx, settlement.amendments, owner.settledAt),
      write(tx, settlement, after, owner.settledAt),
    ]);
    if (replacing.length > 0) await abandonAmendments(tx, settlement, replacing, owner.settledAt);
  });

const moveWatermark = async (
  tx: Transaction,
  settlement: Settlement,
  epoch: number,
): Promise<void> => {
  const closed = settlement.orders.filter(({ status }) => isTerminal(status));
  const { count } = await tx.query(sql`
    with locked as (
      select client_id
      from trading.account
      where client_id = any(${closed.map(({ clientId }) => clientId)}::uuid[])
      order by client_id
      for update
    ), counted as (
      update trading.account
      set open_orders = open_orders - closed.orders
      from (
        select client_id, count(*) as orders
        from unnest(${closed.map(({ clientId }) => clientId)}::uuid[]) as client_id
        group by client_id
      ) as closed
      join locked using (client_id)
      where account.client_id = closed.client_id
    )
    update trading.book
    set settled_seq = ${settlement.lastSeq},
      last_price = coalesce(${settlement.lastPrice ?? null}, last_price),
      halted = coalesce(${settlement.halted ?? null}, halted)
    where symbol = ${settlement.symbol}
      and epoch = ${epoch}
      and settled_seq = ${settlement.firstSeq - 1}`);
  if (count !== 1) throw new Fenced(`${settlement.symbol} has another owner than epoch ${epoch}`);
};

type HoldingRow = {
  readonly client_id: string;
  readonly asset: string;
  readonly available: bigint;
  readonly held: bigint;
  readonly cost: bigint;
  readonly realized_pnl: bigint;
};

const lockHoldings = async (
  tx: Transaction,
  settlement: Settlement,
): Promise<readonly Holding[]> => {
  const keys = touchedBalances(settlement);
  if (keys.length === 0) return [];
  const found = await selectForUpdate(tx, keys);
  if (found.length === keys.length) return found;
  await tx.query(sql`
    insert into ledger.balance (client_id, asset)
    select *
    from unnest(${keys.map((key) => key.clientId)}::uuid[], ${keys.map((key) => key.asset)}::text[])
    on conflict do nothing`);
  return selectForUpdate(tx, keys);
};

const selectForUpdate = async (
  tx: Transaction,
  keys: readonly { readonly clientId: string; readonly asset: string }[],
): Promise<readonly Holding[]> => {
  const { rows } = await tx.query<HoldingRow>(sql`
    select balance.client_id, balance.asset, available, held, cost, realized_pnl
    from ledger.balance
    join unnest(
      ${keys.map((key) => key.clientId)}::uuid[],
      ${keys.map((key) => key.asset)}::text[]
    ) as wanted (client_id, asset)
      on wanted.client_id = balance.client_id and wanted.asset = balance.asset
    order by balance.client_id, balance.asset
    for update of balance`);
  return rows.map((row) => ({
    clientId: row.client_id as ClientId,
    asset: row.asset,
    available: row.available,
    held: row.held,
    cost: row.cost,
    realizedPnl: row.realized_pnl,
  }));
};

/** One value of every item: how a batch becomes the arrays that `unnest` turns into rows. */
const column = <Item, Value>(items: readonly Item[], of: (item: Item) => Value): Value[] =>
  items.map(of);

const write = async (
  tx: Transaction,
  settlement: Settlement,
  holdings: readonly Holding[],
  settledAt: Date,
): Promise<readonly string[]> => {
  const { symbol, orders, trades, transfers } = settlement;
  const noticed = orders.filter(({ status, filled }) => filled > 0 || isTerminal(status));
  type Written = { readonly changed: bigint; readonly replacing: readonly string[] };
  const { rows } = await tx.query<Written>(sql`
    with balanced as (
      update ledger.balance
      set available = next.available, held = next.held, cost = next.cost,
        realized_pnl = next.realized_pnl
      from unnest(
        ${column(holdings, (holding) => holding.clientId)}::uuid[],
        ${column(holdings, (holding) => holding.asset)}::text[],
        ${column(holdings, (holding) => holding.available)}::bigint[],
        ${column(holdings, (holding) => holding.held)}::bigint[],
        ${column(holdings, (holding) => holding.cost)}::bigint[],
        ${column(holdings, (holding) => holding.realizedPnl)}::bigint[]
      ) as next (client_id, asset, available, held, cost, realized_pnl)
      where balance.client_id = next.client_id and balance.asset = next.asset
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
        ${column(orders, (order) => order.orderId)}::uuid[],
        ${column(orders, (order) => order.status)}::text[],
        ${column(orders, (order) => isTerminal(order.status))}::boolean[],
        ${column(orders, (order) => order.reason ?? null)}::text[],
        ${column(orders, (order) => order.triggered)}::boolean[],
        ${column(orders, (order) => order.filled)}::bigint[],
        ${column(orders, (order) => order.open)}::bigint[],
        ${column(orders, (order) => order.cancelled)}::bigint[],
        ${column(orders, (order) => order.expired)}::bigint[],
        ${column(orders, (order) => order.prevented)}::bigint[],
        ${column(orders, (order) => order.filledNotional)}::bigint[],
        ${column(orders, (order) => order.held)}::bigint[],
        ${column(orders, (order) => order.engineOrder)}::bigint[],
        ${column(orders, (order) => order.queuePosition)}::bigint[]
      ) as next (
        order_id, status, closed, reason, triggered, filled, open, cancelled, expired, prevented,
        filled_notional, held, engine_order, queue_position)
      where "order".order_id = next.order_id
      -- What the row has become, not what it was: with a trigger on the table, PostgreSQL 18 answers
      -- for "old" what the statement saw at first, not what it found when it had waited for the row.
      returning case when next.closed then "order".pending_amendment end as replacing
    ), traded as (
      insert into trading.trade (
        trade_id, symbol, seq, price, quantity, taker_side, maker_order_id, taker_order_id,
        buyer_id, seller_id, created_at)
      select trade_id, ${symbol}, seq, price, quantity, taker_side, maker, taker, buyer, seller,
        ${settledAt}
      from unnest(
        ${column(trades, (trade) => trade.tradeId)}::text[],
        ${column(trades, (trade) => trade.seq)}::bigint[],
        ${column(trades, (trade) => trade.price)}::bigint[],
        ${column(trades, (trade) => trade.quantity)}::bigint[],
        ${column(trades, (trade) => trade.takerSide)}::text[],
        ${column(trades, (trade) => trade.makerOrderId)}::uuid[],
        ${column(trades, (trade) => trade.takerOrderId)}::uuid[],
        ${column(trades, (trade) => trade.buyerId)}::uuid[],
        ${column(trades, (trade) => trade.sellerId)}::uuid[]
      ) as made (trade_id, seq, price, quantity, taker_side, maker, taker, buyer, seller)
    ), journalled as (
      insert into ledger.journal (
        kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket,
        created_at)
      select moved.*, ${settledAt}
      from unnest(
        ${column(transfers, (transfer) => transfer.kind)}::text[],
        ${column(transfers, (transfer) => transfer.reference)}::text[],
        ${column(transfers, (transfer) => transfer.asset)}::text[],
        ${column(transfers, (transfer) => transfer.amount)}::bigint[],
        ${column(transfers, (transfer) => transfer.debitAccount)}::uuid[],
        ${column(transfers, (transfer) => transfer.debitBucket)}::text[],
        ${column(transfers, (transfer) => transfer.creditAccount)}::uuid[],
        ${column(transfers, (transfer) => transfer.creditBucket)}::text[]
      ) as moved
    ), shown as (
      insert into market.event (symbol, first_seq, last_seq, depth, trades, created_at)
      values (${symbol}, ${settlement.firstSeq}, ${settlement.lastSeq},
        ${depthJson(settlement.depth)}::jsonb, ${tradesJson(settlement, settledAt)}::jsonb,
        ${settledAt})
    ), noticed as (
      insert into trading.notice (order_id, client_id, due_at)
      select order_id, client_id, ${settledAt}::timestamptz + ${NOTICE_DELAY_SECONDS} * interval '1 second'
      from unnest(
        ${column(noticed, (order) => order.orderId)}::uuid[],
        ${column(noticed, (order) => order.clientId)}::uuid[]
      ) as owed (order_id, client_id)
      on conflict do nothing
    )
    select count(*) as changed,
      coalesce(array_agg(replacing) filter (where replacing is not null), '{}') as replacing
    from changed`);
  const [written] = rows;
  assert(written?.changed === BigInt(orders.length), "a settled order does not exist");
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
