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

/** An order that was open at an instant, with what was open and held of it then. */
export type OpenOrderThen = {
  readonly orderId: OrderId;
  readonly clientOrderId: string | undefined;
  readonly symbol: string;
  readonly direction: Direction;
  readonly createdAt: Date;
  /** Undefined where self-trade prevention shrank the order: no row says when that was. */
  readonly openQuantity: bigint | undefined;
  /** Undefined too for a stop whose stop price, and with it its collar price, was replaced later. */
  readonly held: bigint | undefined;
};

/**
 * Lists orders that had been accepted and were not over at an instant, the oldest first. What was open
 * and held then is computed from rows that do not change: the fills before the instant, and the terms
 * that the first later replace found. For an instant that has not passed it is what is open and held now.
 */
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
    readonly open_quantity: bigint | null;
    readonly held: bigint | null;
  }>(sql`
    with wanted as materialized (
      select *
      from trading."order"
      where client_id = ${clientId}
        and created_at < ${at}
        and (not closed or updated_at >= ${at})
      order by created_at, order_id
      limit 10000
    ), terms as (
      select wanted.order_id, wanted.client_order_id, wanted.symbol, wanted.direction,
        wanted.created_at,
        case when prevented_quantity = 0 then coalesce(later.old_quantity, quantity)
          - (select coalesce(sum(trade.quantity), 0)::bigint from trading.trade
              where maker_order_id = wanted.order_id and trade.created_at < ${at})
          - (select coalesce(sum(trade.quantity), 0)::bigint from trading.trade
              where taker_order_id = wanted.order_id and trade.created_at < ${at})
        end as open_quantity,
        case
          when later.amendment_id is null then coalesce(collar_price, price)
          else later.old_price
        end as hold_price,
        coalesce(pending.extra_held, 0) as extra_held
      from wanted
      left join lateral (
        select amendment_id, old_quantity, old_price
        from trading.amendment
        where amendment.order_id = wanted.order_id and status = 'applied' and decided_at >= ${at}
        order by amendment_id
        limit 1
      ) as later on true
      left join lateral (
        select extra_held
        from trading.amendment
        where amendment.order_id = wanted.order_id
          and amendment.created_at < ${at}
          and (decided_at is null or decided_at >= ${at})
        limit 1
      ) as pending on true
    )
    select order_id, client_order_id, symbol, direction, created_at, open_quantity,
      extra_held + open_quantity * case when direction = 'buy' then hold_price else 1 end as held
    from terms
    order by created_at, order_id`);
  return rows.map((row) => ({
    orderId: row.order_id,
    clientOrderId: row.client_order_id ?? undefined,
    symbol: row.symbol,
    direction: row.direction,
    createdAt: row.created_at,
    openQuantity: row.open_quantity ?? undefined,
    held: row.held ?? undefined,
  }));
};
