-- The events of each client, in a sequence of its own without gaps. The transaction that changes an
-- order, a balance or a withdrawal records the change with a row of `trading.activity_outbox`; the
-- row is numbered afterwards. There are five kinds of changes:
create type trading.recorded_transfer as (
  client_id uuid,
  asset text,
  amount bigint,
  kind text,
  reference text,
  way text
);
create type trading.recorded_fill as (client_id uuid, trade_id text, side text);
-- An order after the change, without the columns that never change.
create type trading.recorded_order as (
  client_id uuid,
  order_id uuid,
  status text,
  pending_action text,
  reason text,
  quantity bigint,
  price bigint,
  stop_price bigint,
  triggered boolean,
  filled_quantity bigint,
  open_quantity bigint,
  filled_notional bigint,
  held bigint,
  extra_held bigint,
  lock_version integer,
  updated_at timestamptz
);
create type trading.recorded_balance as (client_id uuid, asset text, available bigint, held bigint);
-- A withdrawal after its status changed. The transfers say which cash moved for the client.
create type trading.recorded_withdrawal as (
  client_id uuid,
  withdrawal_id uuid,
  status text,
  amount bigint,
  currency text,
  reason text
);

create function trading.recorded(changed trading."order") returns trading.recorded_order
language sql immutable return row(
  changed.client_id, changed.order_id, changed.status, changed.pending_action, changed.reason,
  changed.quantity, changed.price, changed.stop_price, changed.triggered, changed.filled_quantity,
  changed.open_quantity, changed.filled_notional, changed.held, changed.extra_held,
  changed.lock_version, changed.updated_at)::trading.recorded_order;

create function trading.recorded(changed ledger.withdrawal) returns trading.recorded_withdrawal
language sql immutable return row(
  changed.client_id, changed.withdrawal_id, changed.status, changed.amount, changed.currency,
  changed.reason)::trading.recorded_withdrawal;

-- Committed changes that are not numbered yet. The arrays are stored uncompressed, because a row
-- lives for milliseconds.
create table trading.activity_outbox (
  outbox_id bigint generated always as identity primary key,
  transaction_id xid8 not null default pg_current_xact_id(),
  transfers trading.recorded_transfer[] storage external,
  fills trading.recorded_fill[] storage external,
  orders trading.recorded_order[] storage external,
  balances trading.recorded_balance[] storage external,
  withdrawals trading.recorded_withdrawal[] storage external,
  created_at timestamptz not null default now()
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- The last number given in each client's sequence.
create table trading.activity_sequence (
  client_id uuid primary key,
  event_id bigint not null check (event_id > 0)
) with (fillfactor = 50);

-- The numbered events of one client that were recorded together: transfers first, then fills,
-- orders, balances and withdrawals. They are numbered under one lock, which is held until commit, so
-- `position` grows in the order of commits and can be followed.
create table trading.activity (
  client_id uuid not null,
  first_event bigint not null check (first_event > 0),
  last_event bigint not null,
  position bigint generated always as identity,
  transfers trading.recorded_transfer[],
  fills trading.recorded_fill[],
  orders trading.recorded_order[],
  balances trading.recorded_balance[],
  withdrawals trading.recorded_withdrawal[],
  created_at timestamptz not null,
  primary key (client_id, last_event),
  check (last_event = first_event - 1 + coalesce(cardinality(transfers), 0)
    + coalesce(cardinality(fills), 0) + coalesce(cardinality(orders), 0)
    + coalesce(cardinality(balances), 0) + coalesce(cardinality(withdrawals), 0))
);
create unique index activity_by_position on trading.activity (position);
create trigger activity_is_append_only before update or delete or truncate on trading.activity
  for each statement execute function ledger.refuse_change();
alter table trading.activity enable always trigger activity_is_append_only;

-- The same with one row for each event: of the last five columns, `type` names the one that is set.
create view trading.activity_event as
  select client_id, first_event + place - 1 as event_id, first_event, last_event, position, created_at,
    type, transfer, fill, order_state, balance, withdrawal
  from trading.activity
  cross join lateral (
    select row_number() over (order by rank, n) as place, change.*
    from (
      select 1 as rank, 'transfer' as type, generate_subscripts(transfers, 1) as n,
        unnest(transfers) as transfer, null::trading.recorded_fill as fill,
        null::trading.recorded_order as order_state, null::trading.recorded_balance as balance,
        null::trading.recorded_withdrawal as withdrawal
      union all
      select 2, 'fill', generate_subscripts(fills, 1), null, unnest(fills), null, null, null
      union all
      select 3, 'order', generate_subscripts(orders, 1), null, null, unnest(orders), null, null
      union all
      select 4, 'balance', generate_subscripts(balances, 1), null, null, null, unnest(balances), null
      union all
      select 5, 'withdrawal', generate_subscripts(withdrawals, 1), null, null, null, null,
        unnest(withdrawals)
    ) as change
  ) as event;

grant select, delete on trading.activity_outbox to brokerx_feed, brokerx_orders;
grant insert (transfers, orders, balances) on trading.activity_outbox
  to brokerx_orders, brokerx_scheduler;
grant insert (transfers, balances) on trading.activity_outbox to brokerx_admin;
grant select, insert, update on trading.activity_sequence to brokerx_feed, brokerx_orders;
grant select, insert on trading.activity to brokerx_feed, brokerx_orders;
grant select on trading.activity_event to brokerx_feed, brokerx_orders;
