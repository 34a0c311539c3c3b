import type { ClientId, OrderId, Ticker, TradeId } from "../../domain/identifiers.ts";
import type { Activity } from "../../domain/orders/activity.ts";
import type { Direction } from "../../domain/orders/order.ts";
import { money, shares } from "../../domain/units.ts";
import { type OrderRow, toOrder } from "../orders/orders.ts";
import { ADVISORY_LOCKS } from "../pg/advisory-locks.ts";
import { type Executor, fragment, sql } from "../pg/database.ts";

/** Rows of the intake that are numbered at once: a bound on one transaction. */
const NUMBERED_AT_ONCE = 500;

/**
 * Gives the committed changes their place in their clients' sequences; answers how many statements'
 * changes were waiting. Anybody may call it at any time: one at a time works, under a lock that is held
 * until commit, so the numbers of a client have no gap and positions grow as transactions commit.
 * Whoever waited for its turn finds the changes that it saw numbered by others; there may be more, so
 * the answer counts those too, and only zero says that nothing waited.
 *
 * Transactions follow each other by the last change they wrote: of two that change one order or balance,
 * the second waits for the first to commit, so its last change is the later one. Its first need not be.
 */
export const numberActivities = async (db: Executor): Promise<number> => {
  const { rows } = await db.query<{ readonly waiting: bigint }>(sql`
    with turn as materialized (
      select pg_advisory_xact_lock(${ADVISORY_LOCKS.numberActivities})
    ), waiting as materialized (
      select intake_id
      from trading.activity_intake
      where exists (select from turn)
      order by intake_id
      limit ${NUMBERED_AT_ONCE}
    ), taken as (
      delete from trading.activity_intake
      where intake_id <= (select max(intake_id) from waiting)
      returning *
    ), change as (
      select
        transaction_id, created_at, intake_id, rank, ordinality,
        (each.value->>'client')::uuid as client_id, each.value->'event' as event
      from taken
      cross join jsonb_array_elements(entries) with ordinality as each
      union all
      select transaction_id, created_at, intake_id, 1, ordinality,
        client_id, jsonb_build_array('fill', trade_id, side)
      from taken
      cross join unnest(fills) with ordinality as each
      union all
      select transaction_id, created_at, intake_id, 2, ordinality,
        client_id, jsonb_build_array('order',
          order_id, status, pending_action, reason, quantity, price::text, stop_price::text,
          triggered, filled_quantity, open_quantity, filled_notional::text, held::text,
          lock_version, updated_at)
      from taken
      cross join unnest(orders) with ordinality as each
      union all
      select transaction_id, created_at, intake_id, 3, ordinality,
        client_id, jsonb_build_array('balance', asset, available::text, held::text)
      from taken
      cross join unnest(balances) with ordinality as each
    ), entry as (
      select
        client_id, event, rank, intake_id, ordinality, transaction_id,
        min(created_at) over (partition by transaction_id) as created_at,
        max(intake_id) over (partition by transaction_id) as last_intake
      from change
    ), bundle as (
      select
        client_id,
        last_intake,
        min(created_at) as created_at,
        jsonb_agg(event order by rank, intake_id, ordinality) as events,
        count(*) as size,
        sum(count(*)) over (partition by client_id order by last_intake) as up_to,
        sum(count(*)) over (partition by client_id) as total
      from entry
      group by client_id, last_intake
    ), numbered as (
      insert into trading.activity_sequence as sequence (client_id, event_id)
      select distinct client_id, total::bigint from bundle order by client_id
      on conflict (client_id) do update set event_id = sequence.event_id + excluded.event_id
      returning client_id, event_id
    ), kept as (
      insert into trading.activity (client_id, first_event, last_event, events, created_at)
      select
        client_id, event_id - total + up_to - size + 1, event_id - total + up_to, events, created_at
      from bundle
      join numbered using (client_id)
      order by last_intake
    )
    select count(*) as waiting from waiting`);
  return Number(rows[0]?.waiting ?? 0n);
};

type EventRow = Omit<OrderRow, "worst_price"> & {
  readonly client_id: string;
  readonly event_id: bigint;
  readonly happened_at: Date;
  readonly event: readonly (string | null)[];
  readonly is_shares: boolean;
  readonly trade_order: string;
  readonly trade_symbol: string;
  readonly trade_price: bigint;
  readonly trade_quantity: bigint;
  readonly liquidity: "maker" | "taker";
};

/** What an event refers to, looked up: an order as it was then, the terms of a trade. */
const EVENT_COLUMNS = fragment`
  activity.client_id,
  first_event + ordinality - 1 as event_id,
  activity.created_at as happened_at,
  event,
  exists (select from market.instrument where symbol = event->>1) as is_shares,
  placed.order_id, placed.client_order_id, placed.symbol, placed.direction, placed.order_type,
  placed.time_in_force, placed.expires_at, placed.post_only, placed.self_trade_prevention,
  placed.correlation_id, placed.created_at,
  event->>2 as status, event->>3 as pending_action, event->>4 as reason,
  case event->>0 when 'order' then (event->>5)::bigint end as quantity,
  case event->>0 when 'order' then (event->>6)::bigint end as price,
  case event->>0 when 'order' then (event->>7)::bigint end as stop_price,
  case event->>0 when 'order' then (event->>8)::boolean end as triggered,
  case event->>0 when 'order' then (event->>9)::bigint end as filled_quantity,
  case event->>0 when 'order' then (event->>10)::bigint end as open_quantity,
  case event->>0 when 'order' then (event->>11)::bigint end as filled_notional,
  case event->>0 when 'order' then (event->>12)::bigint end as held,
  case event->>0 when 'order' then (event->>13)::integer end as lock_version,
  case event->>0 when 'order' then (event->>14)::timestamptz end as updated_at,
  case when taker_side = event->>2 then taker_order_id else maker_order_id end as trade_order,
  case when taker_side = event->>2 then 'taker' else 'maker' end as liquidity,
  traded.symbol as trade_symbol, traded.price as trade_price, traded.quantity as trade_quantity`;

const EVENT_SOURCES = fragment`
  cross join lateral jsonb_array_elements(events) with ordinality as entry (event, ordinality)
  left join trading."order" as placed
    on placed.order_id = case event->>0 when 'order' then (event->>1)::uuid end
  left join trading.trade as traded
    on traded.trade_id = case event->>0 when 'fill' then event->>1 end`;

/** The client's events after one, oldest first. */
export const readActivities = async (
  db: Executor,
  clientId: ClientId,
  page: { readonly after: number; readonly limit: number },
): Promise<readonly Activity[]> => {
  const { rows } = await db.query<EventRow>(sql`
    select ${EVENT_COLUMNS}
    from trading.activity
    ${EVENT_SOURCES}
    where activity.client_id = ${clientId}
      and last_event > ${page.after}
      and first_event <= ${page.after + page.limit}
      and first_event + ordinality - 1 between ${page.after + 1} and ${page.after + page.limit}
    order by event_id`);
  return rows.map(toActivity);
};

/** The last number in the sequence of each of these clients; nothing for one without events. */
export const readPlaces = async (
  db: Executor,
  clients: readonly ClientId[],
): Promise<ReadonlyMap<ClientId, number>> => {
  const { rows } = await db.query<{ readonly client_id: string; readonly event_id: bigint }>(sql`
    select client_id, event_id
    from trading.activity_sequence
    where client_id = any(${clients}::uuid[])`);
  return new Map(rows.map((row) => [row.client_id as ClientId, Number(row.event_id)]));
};

/** What happened to some clients after a position that everybody's events share. */
export type ActivityNews = {
  /** Up to where everything was read. */
  readonly position: bigint;
  /** The newest position there is: below where a follower was, the database went back in time. */
  readonly newest: bigint;
  readonly activities: ReadonlyMap<ClientId, readonly Activity[]>;
  /** True when there may be more than was read. */
  readonly more: boolean;
};

const FOLLOWED_AT_ONCE = 500;

/** The position of the newest event of all. */
export const readPosition = async (db: Executor): Promise<bigint> => {
  const { rows } = await db.query<{ readonly position: bigint }>(
    sql`select coalesce(max(position), 0) as position from trading.activity`,
  );
  return rows[0]?.position ?? 0n;
};

/** Follows everybody's events, and shows those of the given clients. */
export const readActivityNews = async (
  db: Executor,
  position: bigint,
  clients: readonly ClientId[],
): Promise<ActivityNews> => {
  const { rows } = await db.query<
    EventRow & {
      readonly last_position: bigint;
      readonly newest: bigint;
      readonly bundles: bigint;
    }
  >(sql`
    with bundle as materialized (
      select position, client_id, first_event, events, created_at
      from trading.activity
      where position > ${position}
      order by position
      limit ${FOLLOWED_AT_ONCE}
    ), news as (
      select ${EVENT_COLUMNS}
      from bundle as activity
      ${EVENT_SOURCES}
      where activity.client_id = any(${clients}::uuid[])
    )
    select seen.*, news.*
    from (
      select
        (select coalesce(max(position), 0) from trading.activity) as newest,
        coalesce(max(position), 0) as last_position,
        count(*) as bundles
      from bundle
    ) as seen
    left join news on true
    order by event_id`);
  const own = rows.filter(({ event }) => event !== null);
  return {
    position: rows[0]?.bundles === 0n ? position : (rows[0]?.last_position ?? position),
    newest: rows[0]?.newest ?? 0n,
    activities: new Map(
      [...Map.groupBy(own, ({ client_id }) => client_id)].map(([client, events]) => [
        client as ClientId,
        events.map(toActivity),
      ]),
    ),
    more: rows[0]?.bundles === BigInt(FOLLOWED_AT_ONCE),
  };
};

const toActivity = (row: EventRow): Activity => {
  const [type, asset, second, third, fourth, fifth] = row.event;
  const when = { eventId: Number(row.event_id), at: row.happened_at };
  const text = (value: string | null | undefined): string => value ?? "";
  if (type === "order") return { ...when, type, order: toOrder({ ...row, worst_price: 0n }) };
  if (type === "fill") return { ...when, type, ...fillOf(row) };
  const isShares = row.is_shares;
  if (type === "balance") {
    const [available, held] = [BigInt(text(second)), BigInt(text(third))];
    return { ...when, type, asset: text(asset), isShares, available, held };
  }
  if (type !== "transfer") throw new Error(`an event of an unknown type: ${type}`);
  return {
    ...{ ...when, type, asset: text(asset), isShares, amount: BigInt(text(second)) },
    ...{ kind: text(third), reference: text(fourth), way: fifth === "in" ? "in" : "out" },
  };
};

const fillOf = (row: EventRow) => ({
  tradeId: row.event[1] as TradeId,
  orderId: row.trade_order as OrderId,
  symbol: row.trade_symbol as Ticker,
  direction: row.event[2] as Direction,
  price: money(row.trade_price),
  quantity: shares(Number(row.trade_quantity)),
  liquidity: row.liquidity,
});
