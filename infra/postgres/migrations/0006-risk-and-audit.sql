-- What an operator decides, as data: limits per client beside those per instrument, kill switches,
-- market calendars; what waits for a session; and the chain that makes the audit tamper-evident.
-- Administration and the scheduled jobs get roles of their own.
do $$
declare
  role_name text;
begin
  foreach role_name in array array['brokerx_admin', 'brokerx_scheduler'] loop
    if not exists (select from pg_roles where rolname = role_name) then
      execute format('create role %I login', role_name);
    end if;
  end loop;
exception when duplicate_object or unique_violation then
  null; -- another database of the same server was migrated at the same moment
end
$$;

-- When a market is open: on these days of the week (1 is Monday), between two times of its own clock.
-- A market around the clock has sessions from midnight to midnight, one after the other.
create table market.calendar (
  calendar text primary key check (calendar ~ '^[A-Z0-9_]{1,16}$'),
  name text not null,
  time_zone text not null,
  opens_at time not null,
  closes_at time not null check (closes_at > opens_at),
  weekdays smallint[] not null check (weekdays <@ array[1, 2, 3, 4, 5, 6, 7]::smallint[] and cardinality(weekdays) > 0)
);

-- Days on which a market does not open, or closes early.
create table market.holiday (
  calendar text not null references market.calendar,
  day date not null,
  closes_at time,
  primary key (calendar, day)
);

insert into market.calendar (calendar, name, time_zone, opens_at, closes_at, weekdays) values
  ('ALWAYS', 'Around the clock; the trading day rolls at 00:00 UTC', 'UTC', '00:00', '24:00', '{1,2,3,4,5,6,7}'),
  ('XNYS', 'New York, weekdays 09:30 to 16:00', 'America/New_York', '09:30', '16:00', '{1,2,3,4,5}');

insert into market.holiday (calendar, day, closes_at) values
  ('XNYS', '2026-11-26', null), ('XNYS', '2026-11-27', '13:00'), ('XNYS', '2026-12-24', '13:00'),
  ('XNYS', '2026-12-25', null), ('XNYS', '2027-01-01', null), ('XNYS', '2027-01-18', null),
  ('XNYS', '2027-02-15', null), ('XNYS', '2027-03-26', null), ('XNYS', '2027-05-31', null),
  ('XNYS', '2027-06-18', null), ('XNYS', '2027-07-05', null), ('XNYS', '2027-09-06', null),
  ('XNYS', '2027-11-25', null), ('XNYS', '2027-11-26', '13:00'), ('XNYS', '2027-12-24', null);

alter table market.instrument
  add column calendar text not null default 'ALWAYS' references market.calendar,
  add column duplicate_window_ms integer not null default 1000 check (duplicate_window_ms between 0 and 10000);

-- A client's own limits; null leaves the instrument's alone, and of two the stricter one counts.
alter table trading.account
  add column max_quantity bigint check (max_quantity > 0),
  add column max_notional bigint check (max_notional > 0),
  add column price_band_bps integer check (price_band_bps between 1 and 10000),
  add column duplicate_window_ms integer check (duplicate_window_ms between 0 and 10000);

-- Kill switches that are on. Lifting one deletes its row; the audit keeps both.
create table trading.control (
  scope text not null check (scope in ('system', 'symbol', 'client')),
  subject text not null check ((scope = 'system') = (subject = 'all')),
  reason text not null,
  set_by uuid not null,
  set_at timestamptz not null default now(),
  primary key (scope, subject)
);

-- Called by the statement that accepts orders: the clients of the orders, without those that a kill
-- switch stops. While none is on, which is nearly always, it costs a look at an empty table.
create function trading.unstopped(clients uuid[], symbols text[]) returns uuid[]
language plpgsql stable as $$
begin
  if not exists (select from trading.control) then
    return clients;
  end if;
  return array(
    select case when not exists (
        select from trading.control
        where scope = 'system'
          or (scope = 'symbol' and subject = asked.symbol)
          or (scope = 'client' and subject = asked.client_id::text)
      ) then client_id end
    from unnest(clients, symbols) with ordinality as asked (client_id, symbol, n)
    order by n);
end
$$;

-- A command that cannot be applied halts its symbol: until all of the batch it came in is settled,
-- new orders are refused.
alter table trading.book add column failed_seq bigint;

-- Commands of orders that were accepted while their market was closed. They go to the outbox when it
-- opens, so the matcher has them in the order of acceptance and knows nothing of calendars.
create table trading.waiting (
  waiting_id bigint generated always as identity primary key,
  order_id uuid not null unique,
  symbol text not null,
  command jsonb not null,
  created_at timestamptz not null default now()
);
create index waiting_by_symbol on trading.waiting (symbol, waiting_id);

-- Orders the matcher has been told to expire and that are not over yet: each is told once.
create table trading.expiry_request (
  order_id uuid primary key,
  requested_at timestamptz not null default now()
);

-- A small index for the scheduled pass. No `status` here: it changes with every settlement, which
-- would then have to touch every index of the row.
create index order_cancelling on trading."order" (order_id) where pending_action = 'pending_cancel';

-- The audit's rows are written unchained, so that nobody waits for anybody. One sealer chains them in
-- blocks: all rows of the transactions that ended before the oldest one still running. A transaction
-- number below that never gets new rows, so a block is complete however late a row was committed.
alter table trading.audit
  add column xact bigint not null default (pg_current_xact_id()::text::bigint);
create index audit_by_xact on trading.audit (xact, audit_id);

create table trading.audit_block (
  block_no bigint primary key check (block_no > 0),
  until_xact bigint not null,
  row_ids bigint[] not null check (cardinality(row_ids) > 0),
  row_hashes bytea not null check (length(row_hashes) = 32 * cardinality(row_ids)),
  previous_hash bytea not null check (length(previous_hash) = 32),
  hash bytea not null check (length(hash) = 32),
  sealed_at timestamptz not null default now()
);
create trigger audit_block_is_append_only before update or delete or truncate on trading.audit_block
  for each statement execute function ledger.refuse_change();

grant select on market.calendar, market.holiday
  to brokerx_orders, brokerx_matcher, brokerx_feed, brokerx_admin, brokerx_scheduler;
grant select on trading.control to brokerx_orders, brokerx_scheduler;
grant select, insert on trading.waiting to brokerx_orders;

grant usage on schema identity, trading, market to brokerx_admin;
grant select (client_id, email, status, roles) on identity.client to brokerx_admin;
grant select, insert, update on market.instrument to brokerx_admin;
grant select, insert on trading.book to brokerx_admin;
grant update (last_price) on trading.book to brokerx_admin;
grant select on trading.account to brokerx_admin;
grant update (max_open_orders, max_quantity, max_notional, price_band_bps, duplicate_window_ms)
  on trading.account to brokerx_admin;
grant select, insert, delete on trading.control to brokerx_admin;
grant select (order_id, symbol, closed) on trading."order" to brokerx_admin;
grant select (outbox_id, symbol), insert on trading.outbox to brokerx_admin;
grant select on trading.sequence to brokerx_admin;
grant select, insert on trading.audit to brokerx_admin;

grant usage on schema trading, market to brokerx_scheduler;
grant select on market.instrument, trading.book, trading."order" to brokerx_scheduler;
-- No column is ever written by the scheduler; locking a row demands the privilege to update one.
grant update (updated_at) on trading."order" to brokerx_scheduler;
grant select, delete on trading.waiting to brokerx_scheduler;
grant insert on trading.outbox to brokerx_scheduler;
grant select, insert, delete on trading.expiry_request to brokerx_scheduler;
grant select, insert on trading.audit to brokerx_scheduler;
grant select, insert on trading.audit_block to brokerx_scheduler;
