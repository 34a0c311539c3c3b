-- Orders, the commands that change them, and the trades they make.

-- What a client may do here. The row is also the lock under which its orders are counted.
create table trading.account (
  client_id uuid primary key,
  currency text not null default 'USD' check (currency ~ '^[A-Z]{3}$'),
  status text not null default 'active' check (status in ('active', 'suspended')),
  open_orders integer not null default 0 check (open_orders >= 0),
  max_open_orders integer not null default 1000 check (max_open_orders >= 0)
) with (fillfactor = 50);

create table market.instrument (
  symbol text primary key check (symbol ~ '^[A-Z]{1,6}$'),
  name text not null,
  currency text not null default 'USD' check (currency ~ '^[A-Z]{3}$'),
  status text not null default 'trading' check (status in ('trading', 'halted', 'closed')),
  tick_size bigint not null check (tick_size > 0),
  lot_size bigint not null check (lot_size > 0),
  min_quantity bigint not null check (min_quantity > 0),
  max_quantity bigint not null check (max_quantity >= min_quantity),
  max_notional bigint not null check (max_notional > 0),
  reference_price bigint check (reference_price > 0),
  price_band_bps integer not null check (price_band_bps between 1 and 10000),
  created_at timestamptz not null default now()
);

-- `quantity` is always the sum of its parts, and terminal states never change. No foreign keys here:
-- the statement that inserts an order has just locked its account row, and a key-share lock on the
-- instrument for every order would make a hot row of it.
create table trading."order" (
  order_id uuid primary key,
  client_id uuid not null,
  client_order_id text check (length(client_order_id) between 1 and 48),
  fingerprint bytea not null,
  symbol text not null,
  direction text not null check (direction in ('buy', 'sell')),
  order_type text not null check (order_type in ('limit', 'market', 'stop', 'stop_limit')),
  quantity bigint not null check (quantity > 0),
  price bigint check (price > 0),
  stop_price bigint check (stop_price > 0),
  hold_price bigint check (hold_price > 0),
  time_in_force text not null check (time_in_force in ('DAY', 'GTC', 'GTD', 'IOC', 'FOK')),
  expires_at timestamptz,
  post_only boolean not null default false,
  self_trade_prevention text not null default 'expire_taker'
    check (self_trade_prevention in ('expire_taker', 'expire_maker', 'expire_both', 'decrement')),
  status text not null default 'new'
    check (status in ('new', 'working', 'partially_filled', 'filled', 'cancelled', 'expired', 'rejected')),
  closed boolean not null default false,
  pending_action text check (pending_action in ('pending_cancel', 'pending_replace')),
  reason text,
  filled_quantity bigint not null default 0,
  open_quantity bigint not null,
  cancelled_quantity bigint not null default 0,
  expired_quantity bigint not null default 0,
  prevented_quantity bigint not null default 0,
  filled_notional bigint not null default 0 check (filled_notional >= 0),
  held bigint not null check (held >= 0),
  engine_order bigint,
  queue_position bigint,
  lock_version integer not null default 0,
  correlation_id text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check (least(filled_quantity, open_quantity, cancelled_quantity, expired_quantity, prevented_quantity) >= 0),
  check (quantity = filled_quantity + open_quantity + cancelled_quantity + expired_quantity + prevented_quantity),
  check (closed = (status in ('filled', 'cancelled', 'expired', 'rejected'))),
  check (not closed or (open_quantity = 0 and held = 0 and pending_action is null))
) with (fillfactor = 60);
create unique index order_client_order_id on trading."order" (client_id, client_order_id) where client_order_id is not null;
create index order_by_client on trading."order" (client_id, order_id);
create index order_open on trading."order" (symbol) where not closed;

create function trading.keep_terminal_states() returns trigger
language plpgsql as $$
begin
  raise exception 'order % is % and cannot change', old.order_id, old.status using errcode = 'check_violation';
end
$$;
create trigger order_terminal_states_never_change before update on trading."order"
  for each row when (old.closed) execute function trading.keep_terminal_states();

-- Called by the statement that accepts orders, before it writes any: undoes all of it when a client
-- was not counted (BX002) or could not hold what its orders need (BX001).
create function trading.require_accepted(counted bigint, clients bigint, held bigint, owed bigint)
returns boolean
language plpgsql as $$
begin
  if counted < clients then
    raise exception 'a client may not place these orders' using errcode = 'BX002';
  elsif held < owed then
    raise exception 'not enough available to hold' using errcode = 'BX001';
  end if;
  return true;
end
$$;

-- The outbox of accepted commands. The relay empties it into the command log, which gives each
-- command its number in the symbol's sequence; the log is what the matcher can always read again.
create table trading.outbox (
  outbox_id bigint generated always as identity primary key,
  symbol text not null,
  command jsonb not null,
  created_at timestamptz not null default now()
);

create table trading.command (
  symbol text not null,
  seq bigint not null check (seq > 0),
  command jsonb not null,
  created_at timestamptz not null,
  primary key (symbol, seq)
);

-- The last number given in each symbol's sequence.
create table trading.sequence (
  symbol text primary key,
  seq bigint not null check (seq > 0)
) with (fillfactor = 50);

-- One row a book. `epoch` fences: whoever owns the symbol raised it last, and every settlement
-- checks it in the statement that moves the watermark.
create table trading.book (
  symbol text primary key references market.instrument,
  shard smallint not null default 0,
  epoch bigint not null default 0,
  settled_seq bigint not null default 0 check (settled_seq >= 0),
  last_price bigint check (last_price > 0),
  halted boolean not null default false
) with (fillfactor = 50);

create table trading.trade (
  trade_id text primary key,
  symbol text not null,
  seq bigint not null,
  price bigint not null check (price > 0),
  quantity bigint not null check (quantity > 0),
  taker_side text not null check (taker_side in ('buy', 'sell')),
  maker_order_id uuid not null,
  taker_order_id uuid not null,
  buyer_id uuid not null,
  seller_id uuid not null,
  created_at timestamptz not null default now(),
  check (maker_order_id <> taker_order_id)
);
create index trade_by_maker on trading.trade (maker_order_id);
create index trade_by_taker on trading.trade (taker_order_id);
create index trade_by_symbol on trading.trade (symbol, seq);

-- Orders whose owner is to be told by mail; a hundred fills of one order wait as one row.
create table trading.notice (
  order_id uuid primary key,
  client_id uuid not null,
  reported_quantity bigint not null default 0,
  due_at timestamptz not null
);
create index notice_by_due_time on trading.notice (due_at);

-- Until when a client who was sent a mail about orders is sent no other one.
create table trading.notice_pause (
  client_id uuid primary key,
  ends_at timestamptz not null
) with (fillfactor = 50);

-- One row a security- or money-relevant action: who, what, which, when.
create table trading.audit (
  audit_id bigint generated always as identity primary key,
  client_id uuid,
  action text not null,
  subject text not null,
  correlation_id text not null,
  facts jsonb not null default '{}',
  created_at timestamptz not null default now()
);
create index audit_by_client on trading.audit (client_id, audit_id);
create trigger audit_is_append_only before update or delete or truncate on trading.audit
  for each statement execute function ledger.refuse_change();
create trigger trade_is_append_only before update or delete or truncate on trading.trade
  for each statement execute function ledger.refuse_change();

-- What the feed shows: one row a settled batch and symbol. `depth` has absolute quantities.
create table market.event (
  symbol text not null,
  last_seq bigint not null,
  first_seq bigint not null check (first_seq between 1 and last_seq),
  depth jsonb not null,
  trades jsonb not null,
  created_at timestamptz not null default now(),
  primary key (symbol, last_seq)
);
create index event_by_age on market.event (created_at);

-- Every asset in which what orders still need differs from what is held for them: always empty.
create view trading.hold_drift as
  with needed as (
    select
      client_id,
      case direction when 'buy' then currency else "order".symbol end as asset,
      sum(held) as held
    from trading."order"
    join market.instrument using (symbol)
    where not closed
    group by 1, 2
  )
  select
    coalesce(balance.client_id, needed.client_id) as client_id,
    coalesce(balance.asset, needed.asset) as asset,
    coalesce(balance.held, 0) - coalesce(needed.held, 0) as drift
  from ledger.balance
  full join needed on needed.client_id = balance.client_id and needed.asset = balance.asset
  where coalesce(balance.held, 0) <> coalesce(needed.held, 0);

grant select, insert on trading.account to brokerx_identity;
grant insert on trading.audit to brokerx_identity, brokerx_orders, brokerx_matcher;
grant select on trading.audit to brokerx_orders;
grant select on market.instrument to brokerx_orders, brokerx_matcher, brokerx_feed, brokerx_notifier;
grant select, update on trading.account to brokerx_orders, brokerx_matcher;
grant select, insert, update on trading."order" to brokerx_orders;
grant select, update on trading."order" to brokerx_matcher;
grant select on trading."order" to brokerx_feed, brokerx_notifier;
grant select on trading.hold_drift to brokerx_matcher, brokerx_orders;
grant select, insert on trading.outbox to brokerx_orders;
grant select, delete on trading.outbox to brokerx_matcher;
grant select, insert on trading.command to brokerx_matcher;
grant select, update on trading.book to brokerx_matcher;
grant select, insert, update on trading.sequence to brokerx_matcher;
grant select on trading.book to brokerx_orders, brokerx_feed, brokerx_notifier;
grant select, insert on trading.trade to brokerx_matcher;
grant select on trading.trade to brokerx_orders, brokerx_feed, brokerx_notifier;
grant select, insert on trading.notice to brokerx_matcher;
grant select, update, delete on trading.notice to brokerx_notifier;
grant select, insert, update, delete on trading.notice_pause to brokerx_notifier;
grant select, insert, delete on market.event to brokerx_matcher;
grant select on market.event to brokerx_feed;
