import type { Command } from "../domain/command.ts";
import type { ClientId, OrderId } from "../domain/identifiers.ts";
import type { Order, OrderTerms } from "../domain/order.ts";
import type { Intent } from "../domain/pre-trade.ts";
import { NO_MONEY, NO_SHARES } from "../domain/units.ts";
import { encodeCommand } from "./commands.ts";
import { brokenConstraint, type Executor, sql, sqlState } from "./database.ts";

/** What the statement that accepts orders needs to know of each. */
export type NewOrder = {
  readonly orderId: OrderId;
  readonly clientId: ClientId;
  readonly terms: OrderTerms;
  readonly intent: Intent;
  readonly fingerprint: Buffer;
  readonly command: Command;
  readonly correlationId: string;
};

/** Why the database accepted none of the orders it was given together. */
export type AcceptRefusal = "not_counted" | "not_held" | "client_order_id_taken";

/**
 * Accepts orders in one guarded statement: counts them, holds what they need, writes the orders, the
 * journal rows, the commands and the audit rows, or none of anything. Locks accounts, then balances,
 * each in the order of their keys, as everybody does.
 */
export const acceptOrders = async (
  db: Executor,
  orders: readonly NewOrder[],
): Promise<readonly Order[] | AcceptRefusal> => {
  try {
    const { rows } = await db.query<{ readonly created_at: Date }>(acceptance(orders));
    const acceptedAt = rows[0]?.created_at;
    if (acceptedAt === undefined) throw new Error("orders were accepted but not written");
    return orders.map((order) => asAccepted(order, acceptedAt));
  } catch (error) {
    const state = sqlState(error);
    if (state === "BX002") return "not_counted";
    if (state === "BX001") return "not_held";
    if (brokenConstraint(error) === "order_client_order_id") return "client_order_id_taken";
    throw error;
  }
};

/** The order as its row was written. */
const asAccepted = (
  { orderId, clientId, terms, intent, correlationId }: NewOrder,
  acceptedAt: Date,
): Order => ({
  ...terms,
  ...{ orderId, clientId, correlationId },
  stopPrice: undefined,
  expiresAt: undefined,
  status: "new",
  pendingAction: undefined,
  reason: undefined,
  filledQuantity: NO_SHARES,
  openQuantity: terms.quantity,
  filledNotional: NO_MONEY,
  held: intent.holdAmount,
  lockVersion: 0,
  createdAt: acceptedAt,
  updatedAt: acceptedAt,
});

/** The orders as one JSON value: a batch of any size is the same prepared statement. */
const asRecords = (orders: readonly NewOrder[]): string =>
  JSON.stringify(
    orders.map(({ orderId, clientId, terms, intent, fingerprint, command, correlationId }) => ({
      order_id: orderId,
      client_id: clientId,
      client_order_id: terms.clientOrderId ?? null,
      fingerprint: `\\x${fingerprint.toString("hex")}`,
      symbol: terms.symbol,
      direction: terms.direction,
      order_type: terms.orderType,
      quantity: terms.quantity,
      price: terms.price?.toString() ?? null,
      hold_price: intent.worstPrice.toString(),
      hold_asset: intent.holdAsset,
      hold_amount: intent.holdAmount.toString(),
      time_in_force: terms.timeInForce,
      post_only: terms.postOnly,
      self_trade_prevention: terms.selfTradePrevention,
      correlation_id: correlationId,
      command: encodeCommand(command, correlationId),
    })),
  );

const acceptance = (orders: readonly NewOrder[]) => sql`
  with asked as materialized (
    select *
    from jsonb_to_recordset(${asRecords(orders)}::jsonb) as asked (
      order_id uuid, client_id uuid, client_order_id text, fingerprint bytea, symbol text,
      direction text, order_type text, quantity bigint, price bigint, hold_price bigint,
      hold_asset text, hold_amount bigint, time_in_force text, post_only boolean,
      self_trade_prevention text, correlation_id text, command text)
  ), locked_account as materialized (
    select client_id
    from trading.account
    where client_id in (select client_id from asked)
    order by client_id
    for update
  ), counted as (
    update trading.account
    set open_orders = open_orders + wanted.orders
    from (select client_id, count(*) as orders from asked group by client_id) as wanted
    join locked_account using (client_id)
    where account.client_id = wanted.client_id
      and status = 'active'
      and open_orders + wanted.orders <= max_open_orders
    returning account.client_id
  ), owed as materialized (
    select client_id, hold_asset as asset, sum(hold_amount)::bigint as amount
    from asked
    join counted using (client_id)
    group by client_id, hold_asset
  ), locked_balance as materialized (
    select balance.client_id, balance.asset
    from ledger.balance
    join owed using (client_id, asset)
    order by balance.client_id, balance.asset
    for update of balance
  ), holding as (
    update ledger.balance
    set available = available - owed.amount, held = held + owed.amount
    from owed
    join locked_balance using (client_id, asset)
    where balance.client_id = owed.client_id
      and balance.asset = owed.asset
      and available >= owed.amount
    returning balance.client_id
  ), verdict as materialized (
    select trading.require_accepted(
      (select count(*) from counted),
      (select count(distinct client_id) from asked),
      (select count(*) from holding),
      (select count(*) from owed)) as accepted
  ), placed as (
    insert into trading."order" (
      order_id, client_id, client_order_id, fingerprint, symbol, direction, order_type, quantity,
      price, hold_price, time_in_force, post_only, self_trade_prevention, open_quantity, held,
      correlation_id)
    select order_id, client_id, client_order_id, fingerprint, symbol, direction, order_type, quantity,
      price, hold_price, time_in_force, post_only, self_trade_prevention, quantity, hold_amount,
      correlation_id
    from asked
    join verdict on accepted
    returning created_at
  ), journalled as (
    insert into ledger.journal (
      kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket)
    select 'hold', order_id::text, hold_asset, hold_amount, client_id, 'available', client_id, 'held'
    from asked
    join verdict on accepted
  ), queued as (
    insert into trading.outbox (symbol, command)
    select symbol, command::jsonb
    from asked
    join verdict on accepted
    order by order_id
  ), audited as (
    insert into trading.audit (client_id, action, subject, correlation_id)
    select client_id, 'order_placed', order_id::text, correlation_id
    from asked
    join verdict on accepted
  )
  select created_at from placed limit 1`;
