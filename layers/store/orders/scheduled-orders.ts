import type { ClientId, OrderId, Ticker } from "../../domain/identifiers.ts";
import { type Executor, fragment, sql } from "../pg/database.ts";

/** The most orders of one statement, which limits its time and its locks. */
export const ORDERS_AT_ONCE = 500;

const count = (rows: readonly { readonly orders: bigint }[]): number =>
  Number(rows[0]?.orders ?? 0n);

/**
 * Sends orders that wait for their market and are to be cancelled to the matcher as withdrawn: the
 * matcher ends them as it ends every order, and they never reach the book.
 */
export const withdrawCancelled = async (db: Executor): Promise<number> => {
  const { rows } = await db.query<{ readonly orders: bigint }>(sql`
    with taken as (
      delete from trading.waiting
      where cancelling
      returning symbol, command
    ), queued as (
      insert into trading.outbox (symbol, command)
      select symbol, (command || '{"withdrawn": "cancelled"}')::json from taken
    )
    select count(*) as orders from taken`);
  return count(rows);
};

/** The symbols with orders that wait for the market. */
export const listWaiting = async (db: Executor): Promise<ReadonlySet<string>> => {
  const { rows } = await db.query<{ readonly symbol: string }>(sql`
    select symbol
    from market.instrument
    where exists (select from trading.waiting where waiting.symbol = instrument.symbol)`);
  return new Set(rows.map(({ symbol }) => symbol));
};

/**
 * Releases the orders that wait for a symbol's market, in the order of acceptance. Locks the
 * orders: a cancel that arrives at this moment is either seen, or queued after the command of its
 * order. Orders that a kill switch stops continue to wait.
 */
export const releaseWaiting = async (db: Executor, symbol: Ticker): Promise<number> => {
  const { rows } = await db.query<{ readonly orders: bigint }>(sql`
    with released as materialized (
      select waiting_id
      from trading.waiting
      join trading."order" using (order_id)
      where waiting.symbol = ${symbol}
        and pending_action is null
        and not exists (
          select from trading.control
          where scope = 'system'
            or (scope = 'symbol' and subject = waiting.symbol)
            or (scope = 'client' and subject = client_id::text))
      order by waiting_id
      limit ${ORDERS_AT_ONCE}
      for update of "order"
    ), taken as (
      delete from trading.waiting
      using released
      where waiting.waiting_id = released.waiting_id
      returning waiting.waiting_id, symbol, command
    ), queued as (
      insert into trading.outbox (symbol, command)
      select symbol, command::json from taken order by waiting_id
    )
    select count(*) as orders from taken`);
  return count(rows);
};

/**
 * Follows `due`, the orders whose time is over: requests the end of each order once, however often
 * this runs and in however many processes. An order that waits for its market is withdrawn; for any
 * other the matcher decides whether the fill or the expiry came first.
 */
const EXPIRY = fragment`
  taken as (
    delete from trading.waiting
    using due
    where waiting.order_id = due.order_id
    returning waiting.order_id, command
  ), requested as (
    insert into trading.expiry_request (order_id)
    select order_id from due
    on conflict do nothing
    returning order_id
  ), queued as (
    insert into trading.outbox (symbol, command)
    select symbol, coalesce(
      command || '{"withdrawn": "expired"}',
      jsonb_build_object('type', 'expire', 'orderId', order_id, 'clientId', client_id,
        'correlationId', correlation_id))::json
    from due
    join requested using (order_id)
    left join taken using (order_id)
    order by order_id
  ), audited as (
    insert into trading.audit (client_id, action, subject, correlation_id, facts)
    select client_id, 'order_expiry_requested', order_id::text, correlation_id, '{"by": "scheduler"}'
    from due
    join requested using (order_id)
  )
  select count(*) as orders from requested`;

/** The order of each row, looked up by its key; a join may read every order there ever was. */
const EACH_PLACED = fragment`
  cross join lateral (
    select client_id, symbol, correlation_id, closed, time_in_force, created_at, expires_at
    from trading."order"
    where "order".order_id = open.order_id
    limit 1
  ) as placed`;

/** Requests the end of a symbol's DAY orders that were accepted before its session ended. */
export const expireDayOrders = async (
  db: Executor,
  symbol: Ticker,
  sessionEnd: Date,
): Promise<number> => {
  const { rows } = await db.query<{ readonly orders: bigint }>(sql`
    with due as materialized (
      select order_id, client_id, symbol, correlation_id
      from (
        select order_id from trading.resting_order where symbol = ${symbol}
        union all
        select order_id from trading.waiting where symbol = ${symbol}
      ) as open
      ${EACH_PLACED}
      where not closed
        and time_in_force = 'DAY'
        and created_at < ${sessionEnd}
        and not exists (
          select from trading.expiry_request where expiry_request.order_id = open.order_id)
      limit ${ORDERS_AT_ONCE}
    ), ${EXPIRY}`);
  return count(rows);
};

/** Requests the end of GTD orders whose time has come. */
export const expireDatedOrders = async (db: Executor, now: Date): Promise<number> => {
  const { rows } = await db.query<{ readonly orders: bigint }>(sql`
    with due as materialized (
      select order_id, client_id, symbol, correlation_id
      from (
        select order_id from trading.resting_order where expires_at is not null and expires_at <= ${now}
        union all
        select order_id from trading.waiting
      ) as open
      ${EACH_PLACED}
      where not closed
        and expires_at <= ${now}
        and not exists (
          select from trading.expiry_request where expiry_request.order_id = open.order_id)
      limit ${ORDERS_AT_ONCE}
    ), ${EXPIRY}`);
  return count(rows);
};

/** Deletes the marks of expired orders that have ended. */
export const purgeExpiryRequests = async (db: Executor): Promise<void> => {
  await db.query(sql`
    delete from trading.expiry_request
    where (select closed from trading."order" where "order".order_id = expiry_request.order_id)`);
};

/** Open orders of suspended clients without a cancel. */
export const listOrdersOfSuspended = async (
  db: Executor,
): Promise<readonly { readonly clientId: ClientId; readonly orderId: OrderId }[]> => {
  const { rows } = await db.query<{ client_id: ClientId; order_id: OrderId }>(sql`
    select account.client_id, placed.order_id
    from trading.account
    cross join lateral (
      select order_id
      from trading."order"
      where client_id = account.client_id
        and not closed
        and pending_action is distinct from 'pending_cancel'
      order by order_id
      limit ${ORDERS_AT_ONCE}
    ) as placed
    where account.status = 'suspended'
      -- The count spares a client without open orders the search in all its orders.
      and exists (
        select from ledger.balance
        where balance.client_id = account.client_id and open_orders > 0)
    limit ${ORDERS_AT_ONCE}`);
  return rows.map((row) => ({ clientId: row.client_id, orderId: row.order_id }));
};
