import { unreachable } from "../../domain/assert.ts";
import type { ClientId, OrderId, Ticker, TradeId } from "../../domain/identifiers.ts";
import type { WithdrawalStatus } from "../../domain/ledger/withdrawal.ts";
import type { Activity } from "../../domain/orders/activity.ts";
import type { Direction } from "../../domain/orders/order.ts";
import { money, shares } from "../../domain/units.ts";
import { ORDER_COLUMNS, type OrderRow, toOrder } from "../orders/order-row.ts";
import { ADVISORY_LOCKS } from "../pg/advisory-locks.ts";
import { type Executor, fragment, sql } from "../pg/database.ts";
import { outboxOf } from "../pg/outbox.ts";

/** The most rows of the outbox that are numbered at once, which limits one transaction. */
const NUMBERED_AT_ONCE = 500;

const OUTBOX = outboxOf({
  table: "trading.activity_outbox",
  atOnce: NUMBERED_AT_ONCE,
  seen: "exists (select from turn)",
});

/**
 * Numbers the committed changes in their clients' sequences; returns how many rows were waiting.
 * Any process may call it at any time. Calls run one at a time, under a lock that is held until
 * commit, so the numbers of a client have no gaps and positions grow in the order of commits. A
 * call that waited for the lock may find that the changes it saw were numbered meanwhile. There may
 * be more, so it counts those too, and only 0 means that nothing waits. Transactions are ordered by
 * the last change they wrote: when two change the same order or balance, the second waits for the
 * first to commit, so its last change is the later one. Its first change need not be.
 */
export const numberActivities = async (db: Executor): Promise<number> => {
  const { rows } = await db.query<{ readonly waiting: bigint }>(sql`
    with turn as materialized (
      select pg_advisory_xact_lock(${ADVISORY_LOCKS.numberActivities})
    ), ${OUTBOX.waiting}, ${OUTBOX.taken}, change as (
      select transaction_id, created_at, outbox_id, 1 as rank, generate_subscripts(transfers, 1) as n,
        unnest(transfers) as transfer, null::trading.recorded_fill as fill,
        null::trading.recorded_order as order_state, null::trading.recorded_balance as balance,
        null::trading.recorded_withdrawal as withdrawal
      from taken
      union all
      select transaction_id, created_at, outbox_id, 2, generate_subscripts(fills, 1),
        null, unnest(fills), null, null, null
      from taken
      union all
      select transaction_id, created_at, outbox_id, 3, generate_subscripts(orders, 1),
        null, null, unnest(orders), null, null
      from taken
      union all
      select transaction_id, created_at, outbox_id, 4, generate_subscripts(balances, 1),
        null, null, null, unnest(balances), null
      from taken
      union all
      select transaction_id, created_at, outbox_id, 5, generate_subscripts(withdrawals, 1),
        null, null, null, null, unnest(withdrawals)
      from taken
    ), entry as (
      select change.*,
        coalesce((transfer).client_id, (fill).client_id, (order_state).client_id,
          (balance).client_id, (withdrawal).client_id) as client_id,
        max(outbox_id) over (partition by transaction_id) as last_row
      from change
    ), bundle as (
      select
        client_id,
        last_row,
        min(created_at) as created_at,
        array_agg(transfer order by outbox_id, n) filter (where rank = 1) as transfers,
        array_agg(fill order by outbox_id, n) filter (where rank = 2) as fills,
        array_agg(order_state order by outbox_id, n) filter (where rank = 3) as orders,
        array_agg(balance order by outbox_id, n) filter (where rank = 4) as balances,
        array_agg(withdrawal order by outbox_id, n) filter (where rank = 5) as withdrawals,
        count(*) as size,
        sum(count(*)) over (partition by client_id order by last_row) as up_to,
        sum(count(*)) over (partition by client_id) as total
      from entry
      group by client_id, last_row
    ), numbered as (
      insert into trading.activity_sequence as sequence (client_id, event_id)
      select distinct client_id, total::bigint from bundle order by client_id
      on conflict (client_id) do update set event_id = sequence.event_id + excluded.event_id
      returning client_id, event_id
    ), kept as (
      insert into trading.activity (
        client_id, first_event, last_event, transfers, fills, orders, balances, withdrawals,
        created_at)
      select
        client_id, event_id - total + up_to - size + 1, event_id - total + up_to, transfers, fills,
        orders, balances, withdrawals, created_at
      from bundle
      join numbered using (client_id)
      order by last_row
    )
    select count(*) as waiting from waiting`);
  return Number(rows[0]?.waiting ?? 0n);
};

type EventRow = OrderRow & {
  readonly client_id: string;
  readonly event_id: bigint;
  readonly happened_at: Date;
  readonly type: Activity["type"];
  readonly asset: string;
  readonly is_shares: boolean;
  readonly amount: bigint;
  readonly kind: string;
  readonly reference: string;
  readonly way: "in" | "out";
  readonly available: bigint;
  readonly held_balance: bigint;
  readonly trade_id: string;
  readonly side: Direction;
  readonly trade_order: string;
  readonly trade_symbol: string;
  readonly trade_price: bigint;
  readonly trade_quantity: bigint;
  readonly liquidity: "maker" | "taker";
  readonly withdrawal_id: string;
  readonly withdrawal_status: WithdrawalStatus;
  readonly withdrawal_amount: bigint;
  readonly currency: string;
  readonly withdrawal_reason: string | null;
};

/**
 * The content of an event and the rows it refers to. An order at an event is its row with the
 * recorded columns appended: of two columns with the same name, the later counts.
 */
const EVENT_COLUMNS = fragment`${ORDER_COLUMNS},
  event.client_id, event_id, event.created_at as happened_at, type,
  coalesce((transfer).asset, (balance).asset) as asset,
  exists (
    select from market.instrument
    where instrument.symbol = coalesce((transfer).asset, (balance).asset)) as is_shares,
  (transfer).amount, (transfer).kind, (transfer).reference, (transfer).way,
  (balance).available, (balance).held as held_balance,
  (fill).trade_id, (fill).side,
  case when taker_side = (fill).side then taker_order_id else maker_order_id end as trade_order,
  case when taker_side = (fill).side then 'taker' else 'maker' end as liquidity,
  (withdrawal).withdrawal_id, (withdrawal).status as withdrawal_status,
  (withdrawal).amount as withdrawal_amount, (withdrawal).currency,
  (withdrawal).reason as withdrawal_reason,
  traded.symbol as trade_symbol, traded.price as trade_price, traded.quantity as trade_quantity,
  (order_state).status, (order_state).pending_action, (order_state).reason, (order_state).quantity,
  (order_state).price, (order_state).stop_price, (order_state).triggered,
  (order_state).filled_quantity, (order_state).open_quantity, (order_state).filled_notional,
  (order_state).held, (order_state).extra_held, (order_state).lock_version,
  (order_state).updated_at`;

const EVENT_SOURCES = fragment`
  left join trading."order" as placed on placed.order_id = (order_state).order_id
  left join trading.trade as traded on traded.trade_id = (fill).trade_id`;

/** The client's events after an event, oldest first. */
export const readActivities = async (
  db: Executor,
  clientId: ClientId,
  page: { readonly after: number; readonly limit: number },
): Promise<readonly Activity[]> => {
  const { rows } = await db.query<EventRow>(sql`
    select ${EVENT_COLUMNS}
    from trading.activity_event as event
    ${EVENT_SOURCES}
    where event.client_id = ${clientId}
      and last_event > ${page.after}
      and first_event <= ${page.after + page.limit}
      and event_id between ${page.after + 1} and ${page.after + page.limit}
    order by event_id`);
  return rows.map(toActivity);
};

/**
 * The last number in the sequence of each of these clients; no entry for a client without events.
 */
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

/** The events of some clients after a position in the sequence of all events. */
type ActivityNews = {
  /** The position up to which everything was read. */
  readonly position: bigint;
  /**
   * The newest position. It is below the follower's position when the database was restored to an
   * earlier time.
   */
  readonly newest: bigint;
  readonly activities: ReadonlyMap<ClientId, readonly Activity[]>;
  /** Whether there may be more than was read. */
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

/** Follows the events of all clients and returns those of the given clients. */
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
      select position
      from trading.activity
      where position > ${position}
      order by position
      limit ${FOLLOWED_AT_ONCE}
    ), news as (
      select ${EVENT_COLUMNS}
      from trading.activity_event as event
      ${EVENT_SOURCES}
      where event.position > ${position}
        and event.position <= (select max(position) from bundle)
        and event.client_id = any(${clients}::uuid[])
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
  const own = rows.filter(({ event_id }) => event_id !== null);
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
  const when = { eventId: Number(row.event_id), at: row.happened_at };
  const { type, asset, is_shares: isShares } = row;
  switch (type) {
    case "order":
      return { ...when, type, order: toOrder(row) };
    case "fill":
      return { ...when, type, ...fillOf(row) };
    case "balance":
      return { ...when, type, asset, isShares, available: row.available, held: row.held_balance };
    case "transfer":
      return {
        ...{ ...when, type, asset, isShares, amount: row.amount },
        ...{ kind: row.kind, reference: row.reference, way: row.way },
      };
    case "withdrawal":
      return { ...when, type, ...withdrawalOf(row) };
    default:
      return unreachable(type);
  }
};

const fillOf = (row: EventRow) => ({
  tradeId: row.trade_id as TradeId,
  orderId: row.trade_order as OrderId,
  symbol: row.trade_symbol as Ticker,
  direction: row.side,
  price: money(row.trade_price),
  quantity: shares(Number(row.trade_quantity)),
  liquidity: row.liquidity,
});

const withdrawalOf = (row: EventRow) => ({
  withdrawalId: row.withdrawal_id,
  status: row.withdrawal_status,
  amount: money(row.withdrawal_amount),
  currency: row.currency,
  reason: row.withdrawal_reason ?? undefined,
});
