import type { ClientId, OrderId } from "../../domain/identifiers.ts";
import type { Direction } from "../../domain/orders/order.ts";
import { type Executor, sql } from "../pg/database.ts";

/** The client a report is about. */
export type Subject = {
  readonly clientId: ClientId;
  readonly fullName: string;
  readonly email: string;
  readonly currency: string;
};

/** Finds the client of a report; undefined for a client without an account. */
export const findSubject = async (
  db: Executor,
  clientId: ClientId,
): Promise<Subject | undefined> => {
  const { rows } = await db.query<{
    readonly full_name: string;
    readonly email: string;
    readonly currency: string;
  }>(sql`
    select first_name || ' ' || last_name as full_name, email, currency
    from identity.client
    join trading.account using (client_id)
    where client_id = ${clientId}`);
  const [row] = rows;
  return row && { clientId, fullName: row.full_name, email: row.email, currency: row.currency };
};

/** An order that was open at an instant; what it holds is known for the present only. */
export type OpenOrderThen = {
  readonly orderId: OrderId;
  readonly clientOrderId: string | undefined;
  readonly symbol: string;
  readonly direction: Direction;
  readonly createdAt: Date;
  readonly openQuantity: bigint;
  readonly held: bigint;
};

/** Lists orders that had been accepted and were not over at an instant, the oldest first. */
export const listOpenOrders = async (
  db: Executor,
  clientId: ClientId,
  at: Date,
): Promise<readonly OpenOrderThen[]> => {
  const { rows } = await db.query<{
    readonly order_id: OrderId;
    readonly client_order_id: string | null;
    readonly symbol: string;
    readonly direction: Direction;
    readonly created_at: Date;
    readonly open_quantity: bigint;
    readonly held: bigint;
  }>(sql`
    select order_id, client_order_id, symbol, direction, created_at, open_quantity,
      held + extra_held as held
    from trading."order"
    where client_id = ${clientId}
      and created_at < ${at}
      and (not closed or updated_at >= ${at})
    order by created_at, order_id
    limit 10000`);
  return rows.map((row) => ({
    orderId: row.order_id,
    clientOrderId: row.client_order_id ?? undefined,
    symbol: row.symbol,
    direction: row.direction,
    createdAt: row.created_at,
    openQuantity: row.open_quantity,
    held: row.held,
  }));
};
