import { type ClientId, isUuid, type OrderId } from "../../domain/identifiers.ts";
import type { Command } from "../../domain/orders/command.ts";
import type { Order, OrderTerms } from "../../domain/orders/order.ts";
import { encodeCommand } from "../matching/commands.ts";
import { type Executor, sql } from "../pg/database.ts";
import { ORDER_COLUMNS, type OrderRow, toOrder } from "./order-row.ts";

/** An order of the client; undefined for an order of another client. */
export const findOrder = async (
  db: Executor,
  clientId: ClientId,
  orderId: OrderId,
): Promise<Order | undefined> => {
  const { rows } = await db.query<OrderRow>(sql`
    select ${ORDER_COLUMNS}
    from trading."order" as placed
    where order_id = ${orderId} and client_id = ${clientId}`);
  return rows[0] === undefined ? undefined : toOrder(rows[0]);
};

/** Whether an accepted order still waits for the session of its market. */
export const isWaiting = async (db: Executor, orderId: OrderId): Promise<boolean> => {
  const { rows } = await db.query<{ readonly waits: boolean }>(sql`
    select exists (select from trading.waiting where order_id = ${orderId}) as waits`);
  return rows[0]?.waits ?? false;
};

/** Those of these orders that belong to the client, in no particular order. */
export const findOrders = async (
  db: Executor,
  clientId: ClientId,
  orderIds: readonly OrderId[],
): Promise<readonly Order[]> => {
  const { rows } = await db.query<OrderRow>(sql`
    select ${ORDER_COLUMNS}
    from trading."order" as placed
    where order_id = any(${orderIds}::uuid[]) and client_id = ${clientId}`);
  return rows.map(toOrder);
};

/** The client's order with this client_order_id, and the fingerprint of its terms. */
export const findByClientOrderId = async (
  db: Executor,
  clientId: ClientId,
  clientOrderId: string,
): Promise<{ readonly order: Order; readonly fingerprint: Buffer } | undefined> => {
  const { rows } = await db.query<OrderRow & { readonly fingerprint: Buffer }>(sql`
    select ${ORDER_COLUMNS}, fingerprint
    from trading."order" as placed
    where order_id in (select trading.find_client_order(${clientId}::uuid, ${clientOrderId}::text))`);
  const row = rows[0];
  return row === undefined ? undefined : { order: toOrder(row), fingerprint: row.fingerprint };
};

export type OrderFilter = {
  readonly status: "open" | "closed" | "all";
  readonly symbol: string | undefined;
  /** The page begins after this order; the orders on it are older. */
  readonly after: string | undefined;
  readonly limit: number;
};

/**
 * The client's orders, newest first. Pages are stable while orders arrive, because ids grow with
 * time.
 */
export const listOrders = async (
  db: Executor,
  clientId: ClientId,
  filter: OrderFilter,
): Promise<readonly Order[]> => {
  const closed = filter.status === "all" ? null : filter.status === "closed";
  const after = filter.after !== undefined && isUuid(filter.after) ? filter.after : null;
  const { rows } = await db.query<OrderRow>(sql`
    select ${ORDER_COLUMNS}
    from trading."order" as placed
    where client_id = ${clientId}
      and (${closed}::boolean is null or closed = ${closed})
      and (${filter.symbol ?? null}::text is null or symbol = ${filter.symbol ?? null})
      and (${after}::uuid is null or order_id < ${after})
    order by order_id desc
    limit ${filter.limit}`);
  return rows.map(toOrder);
};

/** Returns whether the client placed the same terms within the window, also without an id. */
export const hasDuplicate = async (
  db: Executor,
  clientId: ClientId,
  terms: OrderTerms,
  windowMs: number,
): Promise<boolean> => {
  const { rows } = await db.query<{ readonly found: boolean }>(sql`
    select trading.has_duplicate(${clientId}, ${terms.symbol}, ${terms.direction}, ${terms.quantity},
      ${terms.price ?? null}, ${terms.stopPrice ?? null}, ${windowMs}) as found`);
  return rows[0]?.found ?? false;
};

/**
 * Requests the cancellation of an open order in one guarded statement: marks it and sends the
 * command. Does nothing when the order has ended, is already being cancelled, or (with a version)
 * has changed since; the caller reads the order to see which.
 */
export const requestCancel = async (
  db: Executor,
  request: {
    readonly clientId: ClientId;
    readonly orderId: OrderId;
    readonly version: number | undefined;
    readonly command: Command;
    readonly correlationId: string;
  },
): Promise<boolean> => {
  const version = request.version ?? null;
  const { rows } = await db.query<{ readonly requested: bigint }>(sql`
    with marked as (
      update trading."order"
      set pending_action = 'pending_cancel', lock_version = lock_version + 1, updated_at = now()
      where order_id = ${request.orderId}
        and client_id = ${request.clientId}
        and not closed
        and pending_action is distinct from 'pending_cancel'
        and (${version}::integer is null or lock_version = ${version})
      returning symbol, client_id, trading.recorded("order") as order_state
    ), queued as (
      insert into trading.outbox (symbol, command)
      select symbol, ${encodeCommand(request.command, request.correlationId)}::json
      from marked
    ), told as (
      update trading.waiting
      set cancelling = true
      from marked
      where waiting.order_id = ${request.orderId}
    ), audited as (
      insert into trading.audit (client_id, action, subject, correlation_id)
      select client_id, 'order_cancel_requested', ${request.orderId}::text, ${request.correlationId}
      from marked
    ), recorded as (
      insert into trading.activity_outbox (orders)
      select array[order_state] from marked
    )
    select count(*) as requested from marked`);
  return rows[0]?.requested === 1n;
};
