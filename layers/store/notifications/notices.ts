import type { ClientId, OrderId, Ticker } from "../../domain/identifiers.ts";
import type { OrderReport, Tally } from "../../domain/identity/mail.ts";
import type { Direction, OrderStatus } from "../../domain/orders/order.ts";
import { money, type Shares, shares } from "../../domain/units.ts";
import { ADVISORY_LOCKS } from "../pg/advisory-locks.ts";
import { type Executor, fragment, sql, type Transaction } from "../pg/database.ts";
import { outboxOf } from "../pg/outbox.ts";

/** The due notices of one client. */
export type DueNotices = {
  readonly clientId: ClientId;
  readonly email: string;
  /** Orders with news, by their state; all zero when the client wants no mail. */
  readonly tally: Tally;
  /** Some of these orders; those that changed first come first. */
  readonly reports: readonly OrderReport[];
  /** Every order that is still open, with or without news: its notice is kept. */
  readonly open: readonly OpenNotice[];
};

/** An order that may fill further, and the filled quantity that its owner knows after this mail. */
type OpenNotice = { readonly orderId: OrderId; readonly reported: Shares };

/** A client who was just sent a mail about orders is not due again before the end of the pause. */
const IS_DUE = fragment`
  due_at <= now()
  and not exists (
    select from trading.notice_pause
    where notice_pause.client_id = notice.client_id and ends_at > now()
  )
`;

/** Whether there is anything to note or to report; an idle notifier asks only this. */
export const hasDueNotices = async (executor: Executor): Promise<boolean> => {
  const { rows } = await executor.query<{ due: boolean }>(sql`
    select exists (select from trading.notice_outbox)
      or exists (select from trading.notice where ${IS_DUE}) as due
  `);
  return rows[0]?.due ?? false;
};

/** Whether there is a notice or a mail to process; the notifier asks this again and again. */
export const isAnythingDue = async (executor: Executor): Promise<boolean> => {
  const { rows } = await executor.query<{ due: boolean }>(sql`
    select exists (
        select from identity.mail where sealed_body is not null and next_attempt_at <= now()
      ) or exists (select from trading.notice_outbox)
      or exists (select from trading.notice where ${IS_DUE}) as due
  `);
  return rows[0]?.due ?? false;
};

/** The most settled batches that are noted at once, which limits one transaction. */
const NOTED_AT_ONCE = 200;

const OUTBOX = outboxOf({ table: "trading.notice_outbox", atOnce: NOTED_AT_ONCE });

/**
 * Creates notices from settled orders, one for each order however often it was settled. An order
 * whose end was reported keeps a row that is never due, as long as earlier changes of it may still
 * be in the outbox; such rows are deleted when the outbox is empty.
 */
export const noteSettledOrders = async (tx: Transaction): Promise<void> => {
  const { rows } = await tx.query<{ readonly taken: bigint }>(sql`
    with ${OUTBOX.waiting}, ${OUTBOX.taken}, noted as (
      insert into trading.notice (order_id, client_id, due_at)
      select order_id, client_id, min(due_at)
      from taken
      cross join unnest(order_ids, client_ids) as owed (order_id, client_id)
      group by order_id, client_id
      on conflict do nothing
    )
    select count(*) as taken from taken`);
  if (Number(rows[0]?.taken ?? 0n) < NOTED_AT_ONCE)
    await tx.query(sql`delete from trading.notice where due_at = 'infinity'`);
};

/**
 * Lets one notifier at a time report orders, until its transaction ends; false for other notifiers.
 * Otherwise the pause between two mails could not be kept for clients with more notices than one
 * pass takes.
 */
export const lockReporting = async (tx: Transaction): Promise<boolean> => {
  const { rows } = await tx.query<{ locked: boolean }>(sql`
    select pg_try_advisory_xact_lock(${ADVISORY_LOCKS.reportOrders}) as locked
  `);
  return rows[0]?.locked ?? false;
};

type Row = {
  readonly order_id: OrderId;
  readonly client_id: ClientId;
  readonly reported_quantity: bigint;
  readonly symbol: Ticker;
  readonly direction: Direction;
  readonly status: OrderStatus;
  readonly closed: boolean;
  readonly reason: string | null;
  readonly quantity: bigint;
  readonly filled_quantity: bigint;
  readonly filled_notional: bigint;
  readonly email: string;
  readonly first_name: string;
  readonly is_listed: boolean;
  readonly filled_orders: bigint;
  readonly open_orders: bigint;
  readonly cancelled_orders: bigint;
  readonly expired_orders: bigint;
  readonly rejected_orders: bigint;
};

/**
 * Takes the notices that are due longest, up to `limit`, grouped by client: counts them, reads at
 * most `lines` orders for each client, and makes those of closed orders never due again. Those of
 * open orders must be passed to {@link keepNotices}.
 */
export const takeDueNotices = async (
  tx: Transaction,
  { limit, lines }: { readonly limit: number; readonly lines: number },
): Promise<readonly DueNotices[]> => {
  // `limit 1` keeps the look-up by key: a hash join would read every order there ever was.
  const { rows } = await tx.query<Row>(sql`
    with due as materialized (
      select order_id, client_id, reported_quantity
      from trading.notice
      where ${IS_DUE}
      order by due_at
      limit ${limit}
    ), current as materialized (
      select
        due.*, placed.*, email, first_name,
        wants_mail and (closed or filled_quantity > reported_quantity) as is_news
      from due
      cross join lateral (
        select
          symbol, direction, status, closed, reason, quantity, filled_quantity, filled_notional,
          updated_at
        from trading."order"
        where "order".order_id = due.order_id
        limit 1
      ) as placed
      join identity.client on client.client_id = due.client_id
    ), told as (
      update trading.notice
      set due_at = 'infinity'
      where order_id = any(array(select order_id from current where closed))
    ), counted as (
      select
        *,
        row_number() over (partition by client_id, is_news order by updated_at, order_id) as place,
        count(*) filter (where is_news and status = 'filled') over of_client as filled_orders,
        count(*) filter (where is_news and not closed) over of_client as open_orders,
        count(*) filter (where is_news and status = 'cancelled') over of_client as cancelled_orders,
        count(*) filter (where is_news and status = 'expired') over of_client as expired_orders,
        count(*) filter (where is_news and status = 'rejected') over of_client as rejected_orders
      from current
      window of_client as (partition by client_id)
    )
    select
      order_id, client_id, reported_quantity, symbol, direction, status, closed, reason, quantity,
      filled_quantity, filled_notional, email, first_name, is_news and place <= ${lines} as is_listed,
      filled_orders, open_orders, cancelled_orders, expired_orders, rejected_orders
    from counted
    where (is_news and place <= ${lines}) or not closed
    order by place
  `);
  return [...Map.groupBy(rows, (row) => row.client_id).values()].map(toDueNotices);
};

const toDueNotices = (rows: readonly Row[]): DueNotices => {
  const [row] = rows;
  if (row === undefined) throw new Error("a group of notices is empty");
  return {
    clientId: row.client_id,
    email: row.email,
    tally: {
      filled: Number(row.filled_orders),
      open: Number(row.open_orders),
      cancelled: Number(row.cancelled_orders),
      expired: Number(row.expired_orders),
      rejected: Number(row.rejected_orders),
    },
    reports: rows.filter((row) => row.is_listed).map(toReport),
    open: rows
      .filter(({ closed }) => !closed)
      .map((row) => ({ orderId: row.order_id, reported: shares(Number(row.filled_quantity)) })),
  };
};

const toReport = (row: Row): OrderReport => ({
  firstName: row.first_name,
  orderId: row.order_id,
  symbol: row.symbol,
  direction: row.direction,
  status: row.status,
  reason: row.reason ?? undefined,
  quantity: shares(Number(row.quantity)),
  filled: shares(Number(row.filled_quantity)),
  filledNotional: money(row.filled_notional),
  reported: shares(Number(row.reported_quantity)),
});

/**
 * Keeps the notices of orders that may fill further: the reported quantity, and when to look again.
 */
export const keepNotices = async (
  tx: Transaction,
  kept: readonly OpenNotice[],
  againSeconds: number,
): Promise<void> => {
  if (kept.length === 0) return;
  const orders = kept.map(({ orderId }) => orderId);
  // By key as well as joined: a plan that was made while there were no notices could read all of
  // them.
  await tx.query(sql`
    update trading.notice
    set reported_quantity = told.reported,
        due_at = now() + make_interval(secs => ${againSeconds})
    from unnest(${orders}::uuid[], ${kept.map(({ reported }) => reported)}::bigint[])
      as told (order_id, reported)
    where notice.order_id = any(${orders}::uuid[])
      and notice.order_id = told.order_id
  `);
};

/** Delays the clients' notices, also those that become due meanwhile. */
export const pauseNotices = async (
  tx: Transaction,
  clientIds: readonly ClientId[],
  seconds: number,
): Promise<void> => {
  if (clientIds.length === 0) return;
  await tx.query(sql`
    insert into trading.notice_pause (client_id, ends_at)
    select client_id, now() + make_interval(secs => ${seconds})
    from unnest(${clientIds}::uuid[]) as client_id
    on conflict (client_id) do update set ends_at = excluded.ends_at
  `);
};
