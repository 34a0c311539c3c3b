import { assert } from "../../domain/assert.ts";
import type { ClientId, OrderId } from "../../domain/identifiers.ts";
import type { Command } from "../../domain/orders/command.ts";
import type { Order, OrderTerms } from "../../domain/orders/order.ts";
import type { Intent } from "../../domain/orders/pre-trade.ts";
import { NO_MONEY, NO_SHARES } from "../../domain/units.ts";
import { encodeCommand } from "../matching/commands.ts";
import { bigints, booleans, byteas, integers, texts, timestamps, uuids } from "../pg/columns.ts";
import { type Executor, sql } from "../pg/database.ts";

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
  /** Without a name: how long ago the same order makes this one a duplicate. Zero: never. */
  readonly twinWindowMs: number;
  readonly correlationId: string;
};

/** Why the database did not accept an order that passed every check that cannot race. */
export type AcceptRefusal =
  | { readonly verdict: "not_counted" | "client_order_id_taken" | "duplicate" }
  | { readonly verdict: "not_held"; readonly available: bigint };

export type AcceptVerdict = { readonly verdict: "placed"; readonly order: Order } | AcceptRefusal;

/**
 * Accepts orders in one statement, each as if it came after the one before: counts it, holds what it
 * needs, writes the order, the journal row, the command and the audit row; or refuses it, writes
 * nothing for it and goes on. Locks balances in the order of their keys, as everybody does. No two of
 * the orders may have the same client and client_order_id, and no two without one may be twins. Mostly
 * all can be held; `inTurn` says that some are likely to be refused, which is then quicker. Where one of
 * several waits for its market, `db` is a transaction, for its command is kept by a second statement.
 * Several throw a broken `order_client_order_id` when another process is placing an order of the same
 * name and holds something else for it.
 */
export const acceptOrders = async (
  db: Executor,
  orders: readonly NewOrder[],
  { inTurn = false }: { readonly inTurn?: boolean } = {},
): Promise<readonly AcceptVerdict[]> => {
  const [lone] = orders;
  if (lone !== undefined && orders.length === 1) return [await acceptOne(db, lone)];
  const { rows } = await db.query<Verdicts>(acceptance(orders, inTurn));
  const [row] = rows;
  assert(row !== undefined, "orders were given to the database and not judged");
  const outcomes = orders.map((order, index) => verdictOf(order, row, index));
  const waiting = orders.filter(
    ({ waits }, index) => waits && outcomes[index]?.verdict === "placed",
  );
  await letWait(db, waiting);
  return outcomes;
};

/** The same for an order that comes alone, by a function that has little to start. */
const acceptOne = async (db: Executor, order: NewOrder): Promise<AcceptVerdict> => {
  const { orderId, clientId, terms, intent, fingerprint, command, correlationId } = order;
  type Judged = {
    readonly verdict: AcceptVerdict["verdict"];
    readonly fact: bigint | null;
    readonly accepted_at: Date;
  };
  const { rows } = await db.query<Judged>(sql`
    select verdict, fact, now() as accepted_at
    from trading.accept_one(
      ${orderId}, ${clientId}, ${terms.clientOrderId}, ${fingerprint}, ${terms.symbol},
      ${terms.direction}, ${terms.orderType}, ${terms.quantity}, ${terms.price}, ${terms.stopPrice},
      ${intent.worstPrice}, ${intent.holdAsset}, ${intent.holdAmount}, ${terms.timeInForce},
      ${terms.expiresAt}, ${terms.postOnly}, ${terms.selfTradePrevention}, ${correlationId},
      ${encodeCommand(command, correlationId)}, ${order.waits}, ${order.twinWindowMs})`);
  const [row] = rows;
  assert(row !== undefined, `order ${orderId} was not judged`);
  if (row.verdict === "placed")
    return { verdict: "placed", order: asAccepted(order, row.accepted_at) };
  if (row.verdict === "not_held") return { verdict: "not_held", available: row.fact ?? 0n };
  return { verdict: row.verdict };
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
  readonly verdicts: readonly AcceptVerdict["verdict"][];
  /** What was available of what could not be held. */
  readonly facts: readonly (string | null)[];
  readonly accepted_at: Date;
};

const verdictOf = (order: NewOrder, row: Verdicts, index: number): AcceptVerdict => {
  const verdict = row.verdicts[index];
  assert(verdict !== undefined, `order ${order.orderId} was not judged`);
  if (verdict === "placed") return { verdict, order: asAccepted(order, row.accepted_at) };
  if (verdict !== "not_held") return { verdict };
  return { verdict, available: BigInt(row.facts[index] ?? 0) };
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

/**
 * What a batch of any size is written by: the same prepared statement. Its rows come as columns, and
 * those that `trading.hold_for_orders` has judged go on into every table in the order they came in.
 */
const acceptance = (orders: readonly NewOrder[], inTurn: boolean) => {
  const terms =
    <Value>(of: (terms: OrderTerms) => Value) =>
    (order: NewOrder) =>
      of(order.terms);
  const clientIds = uuids(orders, ({ clientId }) => clientId);
  const names = texts(
    orders,
    terms(({ clientOrderId }) => clientOrderId),
  );
  const symbols = texts(
    orders,
    terms(({ symbol }) => symbol),
  );
  const assets = texts(orders, ({ intent }) => intent.holdAsset);
  const amounts = bigints(orders, ({ intent }) => intent.holdAmount);
  const unnamed = twinsToLookFor(orders);
  return sql`
  with judged as materialized (
    select verdicts, facts
    from trading.hold_for_orders(
      trading.unstopped(${clientIds}::uuid[], ${symbols}::text[]),
      ${assets}::text[], ${amounts}::bigint[], ${names}::text[],
      ${inTurn}::boolean,
      ${integers(unnamed, ({ n }) => n)}::integer[],
      ${texts(unnamed, ({ terms: { symbol } }) => symbol)}::text[],
      ${texts(unnamed, ({ terms: { direction } }) => direction)}::text[],
      ${bigints(unnamed, ({ terms: { quantity } }) => quantity)}::bigint[],
      ${bigints(unnamed, ({ terms: { price } }) => price)}::bigint[],
      ${bigints(unnamed, ({ terms: { stopPrice } }) => stopPrice)}::bigint[],
      ${integers(unnamed, ({ twinWindowMs }) => twinWindowMs)}::integer[])
  ), accepted as materialized (
    select asked.*
    from judged
    cross join unnest(
      ${uuids(orders, ({ orderId }) => orderId)}::uuid[], ${clientIds}::uuid[], ${names}::text[],
      ${byteas(orders, ({ fingerprint }) => fingerprint)}::bytea[],
      ${symbols}::text[],
      ${texts(orders, ({ terms: { direction } }) => direction)}::text[],
      ${texts(orders, ({ terms: { orderType } }) => orderType)}::text[],
      ${bigints(orders, ({ terms: { quantity } }) => quantity)}::bigint[],
      ${bigints(orders, ({ terms: { price } }) => price)}::bigint[],
      ${bigints(orders, ({ terms: { stopPrice } }) => stopPrice)}::bigint[],
      ${bigints(orders, ({ intent }) => intent.worstPrice)}::bigint[],
      ${assets}::text[], ${amounts}::bigint[],
      ${texts(orders, ({ terms: { timeInForce } }) => timeInForce)}::text[],
      ${timestamps(orders, ({ terms: { expiresAt } }) => expiresAt)}::timestamptz[],
      ${booleans(orders, ({ terms: { postOnly } }) => postOnly)}::boolean[],
      ${texts(orders, ({ terms }) => terms.selfTradePrevention)}::text[],
      ${texts(orders, ({ correlationId }) => correlationId)}::text[],
      ${texts(orders, ({ command, correlationId }) => encodeCommand(command, correlationId))}::text[],
      ${booleans(orders, ({ waits }) => waits)}::boolean[]
    ) with ordinality as asked (
      order_id, client_id, client_order_id, fingerprint, symbol, direction, order_type, quantity,
      price, stop_price, collar_price, hold_asset, hold_amount, time_in_force, expires_at, post_only,
      self_trade_prevention, correlation_id, command, waits, n)
    where verdicts[n] = 'placed'
    order by n
  ), placed as (
    insert into trading."order" (
      order_id, client_id, client_order_id, fingerprint, symbol, direction, order_type, quantity,
      price, stop_price, collar_price, time_in_force, expires_at, post_only, self_trade_prevention,
      open_quantity, held, correlation_id)
    select order_id, client_id, client_order_id, fingerprint, symbol, direction, order_type, quantity,
      price, stop_price, collar_price, time_in_force, expires_at, post_only, self_trade_prevention,
      quantity, hold_amount, correlation_id
    from accepted
  ), journalled as (
    insert into ledger.journal (
      kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket)
    select 'hold', order_id::text, hold_asset, hold_amount, client_id, 'available', client_id, 'held'
    from accepted
  ), queued as (
    insert into trading.outbox (symbol, command)
    select symbol, command::json
    from accepted
    where not waits
  ), audited as (
    insert into trading.audit (client_id, action, subject, correlation_id)
    select client_id, 'order_placed', order_id::text, correlation_id
    from accepted
  )
  select verdicts, facts::text[] as facts, now() as accepted_at from judged`;
};

/** Those whose client gave them no name and is protected from sending the same twice. */
const twinsToLookFor = (
  orders: readonly NewOrder[],
): readonly (NewOrder & { readonly n: number })[] =>
  orders
    .map((order, index) => ({ ...order, n: index + 1 }))
    .filter(({ terms, twinWindowMs }) => terms.clientOrderId === undefined && twinWindowMs > 0);
