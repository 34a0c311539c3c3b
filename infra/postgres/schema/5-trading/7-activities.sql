-- What happened to each client, in one gapless sequence of its own. A change is recorded in the
-- transaction that makes it, in one row a statement, and numbered afterwards.
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
  lock_version integer,
  updated_at timestamptz
);
create type trading.recorded_balance as (client_id uuid, asset text, available bigint, held bigint);
create type trading.recorded_fill as (client_id uuid, trade_id text, side text);

-- Changes as they were committed, not yet numbered. `rank` puts the fills of a transaction before its
-- orders and those before its balances. The arrays are stored uncompressed: a row lives for
-- milliseconds.
create table trading.activity_intake (
  intake_id bigint generated always as identity primary key,
  transaction_id xid8 not null default pg_current_xact_id(),
  rank smallint not null,
  entries jsonb,
  fills trading.recorded_fill[] storage external,
  orders trading.recorded_order[] storage external,
  balances trading.recorded_balance[] storage external,
  created_at timestamptz not null default now()
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- The last number given in each client's sequence.
create table trading.activity_sequence (
  client_id uuid primary key,
  event_id bigint not null check (event_id > 0)
) with (fillfactor = 50);

-- The numbered events of one client that came together. They are numbered under one lock, which is
-- held until commit, so `position` grows in the order of commits and may be followed.
create table trading.activity (
  client_id uuid not null,
  first_event bigint not null check (first_event > 0),
  last_event bigint not null check (last_event = first_event + jsonb_array_length(events) - 1),
  position bigint generated always as identity,
  events jsonb not null,
  created_at timestamptz not null,
  primary key (client_id, last_event)
);
create unique index activity_by_position on trading.activity (position);
create trigger activity_is_append_only before update or delete or truncate on trading.activity
  for each statement execute function ledger.refuse_change();

grant select, delete on trading.activity_intake to brokerx_feed, brokerx_orders;
grant insert (rank, entries, orders, balances) on trading.activity_intake to brokerx_orders;
grant insert (rank, orders, balances) on trading.activity_intake to brokerx_matcher;
grant select, insert, update on trading.activity_sequence to brokerx_feed, brokerx_orders;
grant select, insert on trading.activity to brokerx_feed, brokerx_orders;
