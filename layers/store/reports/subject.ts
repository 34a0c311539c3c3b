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

/**
 * Finds the client of a report, with the name and address of an instant: those of now for an instant
 * that has not passed. Undefined for a client without an account.
 */
export const findSubject = async (
  db: Executor,
  clientId: ClientId,
  at: Date,
): Promise<Subject | undefined> => {
  const { rows } = await db.query<{
    readonly full_name: string;
    readonly email: string;
    readonly currency: string;
  }>(sql`
    select coalesce(former.first_name, client.first_name) || ' '
        || coalesce(former.last_name, client.last_name) as full_name,
      coalesce(former.email, client.email) as email, currency
    from identity.client
    join trading.account using (client_id)
    left join lateral (
      select first_name, last_name, email
      from identity.former_name
      where former_name.client_id = client.client_id and until >= ${at}
      order by until
      limit 1
    ) as former on true
    where client.client_id = ${clientId}`);
  const [row] = rows;
  return row && { clientId, fullName: row.full_name, email: row.email, currency: row.currency };
};

/** An order that was open at an instant, with its open quantity and its hold then. */
export type OpenOrderThen = {
  readonly orderId: OrderId;
  readonly clientOrderId: string | undefined;
  readonly symbol: string;
  readonly direction: Direction;
  readonly createdAt: Date;
  readonly openQuantity: bigint;
  readonly held: bigint;
};

/**
 * Lists orders that had been accepted and were not over at an instant, the oldest first. An order
 * that has not changed since the instant is returned as it is now. For any other order, the open
 * quantity and the hold are computed from rows that never change: the fills before the instant, and
 * the terms before the first later replace. Two changes leave no such rows: self-trade prevention
 * that reduced the order, and a new stop price, which moves the collar price. Then the order's last
 * recorded activity before the instant is used. Activities that are not numbered yet are later than
 * the numbered ones.
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
      select *, updated_at < ${at} as is_unchanged
      from trading."order"
      where client_id = ${clientId}
        and created_at < ${at}
        and (not closed or updated_at >= ${at})
      order by created_at, order_id
      limit 10000
    ), terms as (
      select wanted.order_id, wanted.client_order_id, wanted.symbol, wanted.direction,
        wanted.created_at,
        case
          when is_unchanged then open_quantity
          when prevented_quantity = 0 then coalesce(later.old_quantity, quantity)
            - (select coalesce(sum(trade.quantity), 0)::bigint from trading.trade
                where maker_order_id = wanted.order_id and trade.created_at < ${at})
            - (select coalesce(sum(trade.quantity), 0)::bigint from trading.trade
                where taker_order_id = wanted.order_id and trade.created_at < ${at})
        end as open_quantity,
        case when is_unchanged then held + wanted.extra_held end as held_now,
        case
          when later.amendment_id is null then coalesce(collar_price, price)
          else later.old_price
        end as reserved_price,
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
    ), computed as (
      select *, coalesce(
        held_now,
        extra_held + open_quantity * case when direction = 'buy' then reserved_price else 1 end
      ) as held
      from terms
    )
    select order_id, client_order_id, symbol, direction, created_at,
      coalesce(computed.open_quantity, recorded.open_quantity) as open_quantity,
      coalesce(computed.held, recorded.held) as held
    from computed
    left join lateral (
      select state.open_quantity, state.held + state.extra_held as held
      from (
        select orders, true as is_numbered, last_event as place
        from trading.activity
        where activity.client_id = ${clientId}
        union all
        select orders, false, outbox_id from trading.activity_outbox
      ) as recorded
      cross join unnest(orders) as state
      where computed.held is null
        and state.order_id = computed.order_id
        and state.updated_at < ${at}
      order by is_numbered, place desc
      limit 1
    ) as recorded on true
    order by created_at, order_id`);
  return rows.map((row) => {
    if (row.open_quantity === null || row.held === null)
      throw new Error(`order ${row.order_id} has no recorded state before ${at.toISOString()}`);
    return {
      ...{ orderId: row.order_id, clientOrderId: row.client_order_id ?? undefined },
      ...{ symbol: row.symbol, direction: row.direction, createdAt: row.created_at },
      ...{ openQuantity: row.open_quantity, held: row.held },
    };
  });
};
