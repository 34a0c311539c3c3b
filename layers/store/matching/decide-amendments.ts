import { assert } from "../../domain/assert.ts";
import type { AmendmentDecision } from "../../domain/orders/settlement.ts";
import { sql, type Transaction } from "../pg/database.ts";

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
        collar_price = coalesce(decided.price, collar_price),
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
