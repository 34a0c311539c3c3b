-- The limits of a client. A limit that is null leaves the instrument's limit in force; of two
-- limits the stricter applies. Processes that cache accounts ask for those that changed within the
-- last minute (`changed_at`) and read only these again.
create table trading.account (
  client_id uuid primary key,
  currency text not null default 'USD' check (currency ~ '^[A-Z]{3}$'),
  status text not null default 'active' check (status in ('active', 'suspended', 'closed')),
  max_open_orders integer not null default 1000 check (max_open_orders >= 0),
  -- The rate of accepted orders and replaces in a second, and the burst after a pause.
  max_orders_per_second integer not null default 500 check (
    max_orders_per_second between 1 and 100000),
  max_order_burst integer not null default 1000 check (max_order_burst between 1 and 1000000),
  max_quantity bigint check (max_quantity > 0),
  max_notional bigint check (max_notional > 0),
  -- The limit for deposits in a day (UTC), in ten-thousandths of the currency.
  max_daily_deposits bigint not null default 1000000000000 check (max_daily_deposits >= 0),
  price_band_bps integer check (price_band_bps between 1 and 10000),
  duplicate_window_ms integer check (duplicate_window_ms between 0 and 10000),
  changed_at timestamptz not null default '-infinity'
) with (fillfactor = 50);
create index account_suspended on trading.account (client_id) where status = 'suspended';
create index account_by_change on trading.account (changed_at) where changed_at > '-infinity';

create function trading.note_change() returns trigger
language plpgsql as $$
begin
  new.changed_at := clock_timestamp();
  return new;
end
$$;
create trigger account_notes_its_change before update on trading.account
  for each row execute function trading.note_change();
alter table trading.account enable always trigger account_notes_its_change;

-- Kill switches that are on. Lifting a switch deletes its row; the audit log keeps both.
create table trading.control (
  scope text not null check (scope in ('system', 'symbol', 'client')),
  subject text not null check ((scope = 'system') = (subject = 'all')),
  reason text not null,
  set_by uuid not null,
  set_at timestamptz not null default now(),
  primary key (scope, subject)
);

grant select, insert (client_id), update (status) on trading.account to brokerx_identity;
grant select on trading.account to brokerx_orders, brokerx_scheduler;
grant select (client_id, changed_at) on trading.account to brokerx_feed;
grant select on trading.account to brokerx_admin;
grant update (status) on trading.account to brokerx_admin;
grant update (max_open_orders, max_orders_per_second, max_order_burst, max_quantity, max_notional,
    max_daily_deposits, price_band_bps, duplicate_window_ms)
  on trading.account to brokerx_admin;
grant select on trading.control to brokerx_orders, brokerx_scheduler, brokerx_feed;
grant select, insert, delete on trading.control to brokerx_admin;
