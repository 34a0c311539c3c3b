import { assert } from "../domain/assert.ts";
import type { Command } from "../domain/command.ts";
import type { ClientId, OrderId } from "../domain/identifiers.ts";
import type { Order, OrderTerms } from "../domain/order.ts";
import type { Intent } from "../domain/pre-trade.ts";
import { NO_MONEY, NO_SHARES } from "../domain/units.ts";
import { encodeCommand } from "./commands.ts";
import { brokenConstraint, type Executor, sql } from "./database.ts";

/** What the statement that accepts orders needs to know of each. */
export type NewOrder = {
  readonly orderId: OrderId;
  readonly clientId: ClientId;
  readonly terms: OrderTerms;
  readonly intent: Intent;
  readonly fingerprint: Buffer;
  readonly command: Command;
  /** True outside a session: the command waits until the market opens. */
  readonly waits: boolean;
  readonly correlationId: string;
};

/** Why the database did not accept an order that passed every check that cannot race. */
export type AcceptRefusal = "not_counted" | "not_held" | "client_order_id_taken";

/**
 * Accepts orders in one statement, each as if it came after the one before: counts it, holds what it
 * needs, writes the order, the journal row, the command and the audit row; or refuses it, writes
 * nothing for it and goes on. Locks accounts, then balances, each in the order of their keys, as
 * everybody does. No two of the orders may have the same client and client_order_id; where one waits
 * for its market, `db` is a transaction, for its command is kept by a second statement.
 */
export const acceptOrders = async (
  db: Executor,
  orders: readonly NewOrder[],
): Promise<readonly (Order | AcceptRefusal)[]> => {
  try {
    const { rows } = await db.query<Verdicts>(acceptance(orders));
    const [row] = rows;
    if (row === undefined) throw new Error("orders were given to the database and not judged");
    const outcomes = orders.map((order, index) => {
      const verdict = row.verdicts[index];
      if (verdict === undefined) throw new Error(`order ${order.orderId} was not judged`);
      return verdict === "placed" ? asAccepted(order, row.accepted_at) : verdict;
    });
    await letWait(
      db,
      orders.filter(({ waits }, index) => waits && typeof outcomes[index] !== "string"),
    );
    return outcomes;
  } catch (error) {
    // Only while another process is placing an order of the same name for the first time.
    if (orders.length === 1 && brokenConstraint(error) === "order_client_order_id")
      return ["client_order_id_taken"];
    throw error;
  }
};

/** Keeps the commands of accepted orders for the open: part of the acceptance, so in its transaction. */
const letWait = async (db: Executor, orders: readonly NewOrder[]): Promise<void> => {
  if (orders.length === 0) return;
  assert("inTransaction" in db, "orders that wait are accepted in a transaction");
  await db.query(sql`
    insert into trading.waiting (order_id, symbol, command)
    select order_id, symbol, command::jsonb
    from unnest(
      ${orders.map(({ orderId }) => orderId)}::uuid[],
      ${orders.map(({ terms }) => terms.symbol)}::text[],
      ${orders.map(({ command, correlationId }) => encodeCommand(command, correlationId))}::text[]
    ) with ordinality as accepted (order_id, symbol, command, n)
    order by n`);
};

type Verdicts = {
  readonly verdicts: readonly (AcceptRefusal | "placed")[];
  readonly accepted_at: Date;
};

/** The order as its row was written. */
const asAccepted = (
  { orderId, clientId, terms, intent, correlationId }: NewOrder,
  acceptedAt: Date,
): Order => ({
  ...terms,
  ...{ orderId, clientId, correlationId },
  worstPrice: intent.worstPrice,
  status: "new",
  triggered: false,
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

/** The rows to write, as one JSON value: a batch of any size is the same prepared statement. */
const asRecords = (orders: readonly NewOrder[]): string =>
  JSON.stringify(
    orders.map(
      ({ orderId, clientId, terms, intent, fingerprint, command, waits, correlationId }) => ({
        order_id: orderId,
        client_id: clientId,
        client_order_id: terms.clientOrderId ?? null,
        fingerprint: `\\x${fingerprint.toString("hex")}`,
        symbol: terms.symbol,
        direction: terms.direction,
        order_type: terms.orderType,
        quantity: terms.quantity,
        price: terms.price?.toString() ?? null,
        stop_price: terms.stopPrice?.toString() ?? null,
        hold_price: intent.worstPrice.toString(),
        hold_asset: intent.holdAsset,
        hold_amount: intent.holdAmount.toString(),
        time_in_force: terms.timeInForce,
        expires_at: terms.expiresAt?.toISOString() ?? null,
        post_only: terms.postOnly,
        self_trade_prevention: terms.selfTradePrevention,
        correlation_id: correlationId,
        command: encodeCommand(command, correlationId),
        waits,
      }),
    ),
  );

const acceptance = (orders: readonly NewOrder[]) => sql`
  with judged as materialized (
    select trading.hold_for_orders(
      trading.unstopped(
        ${orders.map(({ clientId }) => clientId)}::uuid[],
        ${orders.map(({ terms }) => terms.symbol)}::text[]),
      ${orders.map(({ intent }) => intent.holdAsset)}::text[],
      ${orders.map(({ intent }) => intent.holdAmount)}::bigint[],
      ${orders.map(({ terms }) => terms.clientOrderId ?? null)}::text[]) as verdicts
  ), accepted as materialized (
    select asked.*
    from judged
    cross join rows from (jsonb_to_recordset(${asRecords(orders)}::jsonb) as (
      order_id uuid, client_id uuid, client_order_id text, fingerprint bytea, symbol text,
      direction text, order_type text, quantity bigint, price bigint, stop_price bigint,
      hold_price bigint, hold_asset text, hold_amount bigint, time_in_force text,
      expires_at timestamptz, post_only boolean, self_trade_prevention text, correlation_id text,
      command text, waits boolean)) with ordinality as asked (
      order_id, client_id, client_order_id, fingerprint, symbol, direction, order_type, quantity,
      price, stop_price, hold_price, hold_asset, hold_amount, time_in_force, expires_at, post_only,
      self_trade_prevention, correlation_id, command, waits, n)
    where verdicts[n] = 'placed'
    order by n
  ), placed as (
    insert into trading."order" (
      order_id, client_id, client_order_id, fingerprint, symbol, direction, order_type, quantity,
      price, stop_price, hold_price, time_in_force, expires_at, post_only, self_trade_prevention,
      open_quantity, held, correlation_id)
    select order_id, client_id, client_order_id, fingerprint, symbol, direction, order_type, quantity,
      price, stop_price, hold_price, time_in_force, expires_at, post_only, self_trade_prevention,
      quantity, hold_amount, correlation_id
    from accepted
  ), journalled as (
    insert into ledger.journal (
      kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket)
    select 'hold', order_id::text, hold_asset, hold_amount, client_id, 'available', client_id, 'held'
    from accepted
  ), queued as (
    insert into trading.outbox (symbol, command)
    select symbol, command::jsonb
    from accepted
    where not waits
  ), audited as (
    insert into trading.audit (client_id, action, subject, correlation_id)
    select client_id, 'order_placed', order_id::text, correlation_id
    from accepted
  )
  select verdicts, now() as accepted_at from judged`;
