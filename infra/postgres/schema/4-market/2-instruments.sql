-- The instruments, and the limits that every order in them must keep. Tick and lot size change only
-- while no order is open or being written; the statements that write orders check them again.
create table market.instrument (
  symbol text primary key check (symbol ~ '^[A-Z]{1,6}$'),
  name text not null,
  -- The ledger identifies its assets by currency or symbol.
  currency text not null default 'USD' check (currency ~ '^[A-Z]{3}$' and currency <> symbol),
  calendar text not null default 'ALWAYS' references market.calendar,
  status text not null default 'trading' check (status in ('trading', 'halted', 'closed')),
  status_since timestamptz not null default now(),
  tick_size bigint not null check (tick_size > 0),
  lot_size bigint not null check (lot_size > 0),
  min_quantity bigint not null check (min_quantity > 0),
  max_quantity bigint not null check (max_quantity >= min_quantity),
  max_notional bigint not null check (max_notional > 0),
  reference_price bigint check (reference_price > 0),
  price_band_bps integer not null check (price_band_bps between 1 and 10000),
  duplicate_window_ms integer not null default 1000
    check (duplicate_window_ms between 0 and 10000),
  created_at timestamptz not null default now()
);

grant select on market.instrument
  to brokerx_orders, brokerx_matcher, brokerx_feed, brokerx_notifier, brokerx_admin,
    brokerx_scheduler;
grant insert, update on market.instrument to brokerx_admin;
