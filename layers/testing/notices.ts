import type { ClientId } from "../domain/identifiers.ts";
import type { OrderStatus } from "../domain/orders/order.ts";
import { newUuid } from "../platform/ids.ts";
import { type Database, sql } from "../store/pg/database.ts";
import { recordByHand } from "./activities.ts";
import { createTestClient } from "./clients.ts";

/** An order whose owner is notified. */
export type NoticedOrder = {
  readonly clientId: ClientId;
  readonly orderId: string;
  readonly email: string;
};

/** Creates a client with resting buys of ten AAPL and no holds: all that a report reads. */
export const clientWithOrders = async (
  database: Database,
  email: string,
  orders: number,
): Promise<readonly [NoticedOrder, ...NoticedOrder[]]> => {
  const clientId = await createTestClient(database, { email, maxOpenOrders: orders });
  const [first = newUuid(), ...more] = Array.from({ length: orders }, newUuid);
  await database.query(sql`
    insert into trading."order" (
      order_id, client_id, fingerprint, symbol, direction, order_type, quantity, price,
      time_in_force, status, open_quantity, held, correlation_id
    )
    select order_id, ${clientId}, '', 'AAPL', 'buy', 'limit', 10, 1010000, 'GTC', 'working', 10, 0,
      'test'
    from unnest(${[first, ...more]}::uuid[]) as order_id`);
  await database.query(sql`
    update ledger.balance set open_orders = open_orders + ${orders}
    where client_id = ${clientId} and asset = 'USD'`);
  await database.query(sql`
    insert into trading.resting_order (symbol, order_id)
    select 'AAPL', order_id from unnest(${[first, ...more]}::uuid[]) as order_id`);
  await recordByHand(database, clientId);
  const noticed = (orderId: string): NoticedOrder => ({ clientId, orderId, email });
  return [noticed(first), ...more.map(noticed)];
};

/** A change of an order: the quantity filled at 101.00, and optionally the order's end. */
export type Settled = {
  readonly filled?: number;
  readonly status?: OrderStatus;
  readonly reason?: string;
};

/** What settlement writes about orders of one client, including the notices. */
export const settleOrders = (
  database: Database,
  orders: readonly NoticedOrder[],
  { filled = 0, status, reason }: Settled,
): Promise<void> =>
  database.transaction(async (tx) => {
    const closed = status !== undefined;
    const orderIds = orders.map(({ orderId }) => orderId);
    const clientId = orders[0]?.clientId;
    await tx.query(sql`
      update trading."order"
      set filled_quantity = filled_quantity + ${filled}::bigint,
          filled_notional = filled_notional + ${filled}::bigint * 1010000,
          open_quantity = case when ${closed} then 0 else open_quantity - ${filled}::bigint end,
          cancelled_quantity = case when ${closed} then open_quantity - ${filled}::bigint else 0 end,
          status = ${status ?? "partially_filled"},
          closed = ${closed},
          reason = ${reason ?? null},
          updated_at = clock_timestamp()
      where order_id = any(${orderIds}::uuid[])`);
    if (closed) {
      await tx.query(sql`
        update ledger.balance
        set open_orders = open_orders - ${orders.length}
        where client_id = ${clientId} and asset = 'USD'`);
      await tx.query(
        sql`delete from trading.resting_order where order_id = any(${orderIds}::uuid[])`,
      );
    }
    await recordByHand(tx, clientId ?? "");
    await tx.query(sql`
      insert into trading.notice_outbox (order_ids, client_ids, due_at)
      values (${orderIds}::uuid[], ${orders.map((order) => order.clientId)}::uuid[], now())`);
  });

/** Lets time pass for the notifier: moves every due time `seconds` seconds nearer. */
export const timePasses = async (database: Database, seconds: number): Promise<void> => {
  await database.query(sql`
    update trading.notice set due_at = due_at - make_interval(secs => ${seconds})`);
  await database.query(sql`
    update trading.notice_pause set ends_at = ends_at - make_interval(secs => ${seconds})`);
};

/** The notice of an order, if there is one: the reported quantity, and seconds until it is due. */
export const noticesOf = async (
  database: Database,
  { orderId }: NoticedOrder,
): Promise<readonly { readonly reported: bigint; readonly waits: number }[]> => {
  const { rows } = await database.query<{ reported: bigint; waits: number }>(sql`
    select reported_quantity as reported, extract(epoch from due_at - now())::float8 as waits
    from trading.notice where order_id = ${orderId} and due_at < 'infinity'`);
  return rows;
};
