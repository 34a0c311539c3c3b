import { assert } from "../domain/assert.ts";
import type { AmendmentDecision, Settlement } from "../domain/settlement.ts";
import { sql, type Transaction } from "./database.ts";

/** Writes what became of replaces, and the terms of the orders that they changed. */
export const decideAmendments = async (
  tx: Transaction,
  decisions: readonly AmendmentDecision[],
  settledAt: Date,
): Promise<void> => {
  if (decisions.length === 0) return;
  const { count } = await tx.query(sql`
    with decided as (
      select *
      from unnest(
        ${decisions.map((decision) => decision.amendmentId)}::uuid[],
        ${decisions.map((decision) => decision.orderId)}::uuid[],
        ${decisions.map((decision) => decision.refusal ?? null)}::text[],
        ${decisions.map((decision) => decision.quantity ?? null)}::bigint[],
        ${decisions.map((decision) => decision.price ?? null)}::bigint[],
        ${decisions.map((decision) => decision.stopPrice ?? null)}::bigint[]
      ) as decided (amendment_id, order_id, refusal, quantity, price, stop_price)
    ), amended as (
      update trading."order"
      set quantity = coalesce(decided.quantity, "order".quantity),
        open_quantity = open_quantity + coalesce(decided.quantity - "order".quantity, 0),
        price = case when "order".price is not null then coalesce(decided.price, "order".price) end,
        stop_price = coalesce(decided.stop_price, "order".stop_price),
        hold_price = coalesce(decided.price, hold_price),
        pending_action = nullif(pending_action, 'pending_replace'),
        pending_amendment = null,
        extra_held = 0
      from decided
      where "order".order_id = decided.order_id
        and pending_amendment = decided.amendment_id
      returning decided.*
    )
    update trading.amendment
    set status = case when refusal is null then 'applied' else 'refused' end,
      reason = refusal,
      decided_at = ${settledAt}
    from amended
    where amendment.amendment_id = amended.amendment_id`);
  assert(count === decisions.length, "a decided replace was never asked for");
};

/** Refuses the replaces of orders that are over, and releases what was set aside for them. */
export const abandonAmendments = async (
  tx: Transaction,
  { symbol, currency }: Settlement,
  amendmentIds: readonly string[],
  settledAt: Date,
): Promise<void> => {
  await tx.query(sql`
    with refused as (
      update trading.amendment
      set status = 'refused', reason = 'order_over', decided_at = ${settledAt}
      where amendment_id = any(${amendmentIds}::uuid[])
      returning order_id, client_id, extra_held
    ), freed as (
      select order_id, refused.client_id, refused.extra_held as amount,
        case direction when 'buy' then ${currency}::text else ${symbol}::text end as asset
      from refused
      join trading."order" using (order_id)
      where refused.extra_held > 0
    ), balanced as (
      update ledger.balance
      set available = available + freed.amount, held = held - freed.amount
      from (
        select client_id, asset, sum(amount)::bigint as amount from freed group by client_id, asset
      ) as freed
      where balance.client_id = freed.client_id and balance.asset = freed.asset
    )
    insert into ledger.journal (
      kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket,
      created_at)
    select 'release', order_id::text, asset, amount, client_id, 'held', client_id, 'available',
      ${settledAt}
    from freed`);
};
