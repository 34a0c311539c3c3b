-- `quantity` is always the sum of its parts, and closed orders never change. There are no foreign
-- keys: a key-share lock on the instrument for every order would make its row a hot spot.
create table trading."order" (
  order_id uuid primary key,
  client_id uuid not null,
  client_order_id text,
  fingerprint bytea not null,
  symbol text not null,
  direction text not null,
  order_type text not null,
  quantity bigint not null,
  price bigint,
  stop_price bigint,
  -- The worst price at which a market order or a stop may trade. A buy holds its quantity times this.
  collar_price bigint,
  time_in_force text not null,
  expires_at timestamptz,
  -- When the order ends at the latest: `expires_at`, or for a DAY order the end of its session.
  ends_at timestamptz,
  post_only boolean not null default false,
  self_trade_prevention text not null default 'expire_taker',
  status text not null default 'new',
  closed boolean not null default false,
  -- A stop rests untriggered until it is triggered.
  triggered boolean not null default false,
  reason text,
  -- A replace is requested in one transaction and decided in another, by the matcher. Until then
  -- the order keeps its terms. `extra_held` is the extra hold for the new terms; `held` is written
  -- by the matcher only. An order that ended keeps the amendment that was pending then.
  pending_action text,
  pending_amendment uuid,
  extra_held bigint not null default 0,
  filled_quantity bigint not null default 0,
  open_quantity bigint not null,
  cancelled_quantity bigint not null default 0,
  expired_quantity bigint not null default 0,
  prevented_quantity bigint not null default 0,
  filled_notional bigint not null default 0,
  held bigint not null,
  engine_order bigint,
  queue_position bigint,
  lock_version integer not null default 0,
  correlation_id text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
-- Leaves room for a second version of every row of a page, because orders of one batch end
-- together.
) with (fillfactor = 45);
create unique index order_client_order_id on trading."order" (client_id, client_order_id)
  where client_order_id is not null;
create index order_by_client on trading."order" (client_id, order_id);

-- For every statement that writes to the table, PostgreSQL parses the text of each check constraint
-- again. For the seventeen conditions of an order that took longer than writing the row with its
-- indexes. One function, compiled once a session, checks the same for less.
create function trading.is_order(placed trading."order") returns boolean
language plpgsql immutable as $$
begin
  return placed.direction in ('buy', 'sell')
    and placed.order_type in ('limit', 'market', 'stop', 'stop_limit')
    and placed.time_in_force in ('DAY', 'GTC', 'GTD', 'IOC', 'FOK')
    and placed.self_trade_prevention in ('expire_taker', 'expire_maker', 'expire_both', 'decrement')
    and placed.status in (
      'new', 'working', 'partially_filled', 'filled', 'cancelled', 'expired', 'rejected')
    and coalesce(placed.pending_action in ('pending_cancel', 'pending_replace'), true)
    and coalesce(length(placed.client_order_id) between 1 and 48, true)
    and placed.quantity > 0
    and coalesce(least(placed.price, placed.stop_price, placed.collar_price) > 0, true)
    and least(placed.filled_quantity, placed.open_quantity, placed.cancelled_quantity,
      placed.expired_quantity, placed.prevented_quantity) >= 0
    and placed.quantity = placed.filled_quantity + placed.open_quantity + placed.cancelled_quantity
      + placed.expired_quantity + placed.prevented_quantity
    and least(placed.filled_notional, placed.held, placed.extra_held) >= 0
    and placed.closed = (placed.status in ('filled', 'cancelled', 'expired', 'rejected'))
    and (not placed.closed
      or (placed.open_quantity = 0 and placed.held = 0 and placed.extra_held = 0
        and placed.pending_action is null))
    and (placed.extra_held = 0 or placed.pending_amendment is not null)
    and (placed.pending_amendment is null or placed.pending_action is not null or placed.closed)
    and (placed.order_type in ('stop', 'stop_limit')) = (placed.stop_price is not null)
    and (placed.time_in_force = 'GTD') = (placed.expires_at is not null);
end
$$;
alter table trading."order" add constraint order_is_sound check (trading.is_order("order"));

create function trading.keep_terminal_states() returns trigger
language plpgsql as $$
begin
  raise exception 'order % is % and cannot change', old.order_id, old.status using errcode = 'check_violation';
end
$$;
create trigger order_terminal_states_never_change before update on trading."order"
  for each row when (old.closed) execute function trading.keep_terminal_states();
alter table trading."order" enable always trigger order_terminal_states_never_change;

-- Orders in a book. The batch that leaves an order in the book inserts its row, and the batch that
-- ends the order deletes it, so an order that trades at once never has a row. A partial index on
-- the orders table would prevent heap-only updates of every order that ends.
create table trading.resting_order (
  symbol text not null,
  order_id uuid not null,
  expires_at timestamptz,
  primary key (symbol, order_id)
);
create index resting_order_by_expiry on trading.resting_order (expires_at)
  where expires_at is not null;

-- Commands of orders that were accepted while their market was closed. They go to the outbox when it
-- opens, so the matcher receives them in the order of acceptance and needs no calendar. `cancelling`
-- says that a cancel was requested meanwhile.
create table trading.waiting (
  waiting_id bigint generated always as identity primary key,
  order_id uuid not null unique,
  symbol text not null,
  command jsonb not null,
  cancelling boolean not null default false,
  created_at timestamptz not null default now()
);
create index waiting_by_symbol on trading.waiting (symbol, waiting_id);
create index waiting_cancelling on trading.waiting (waiting_id) where cancelling;

-- Orders whose expiry is requested and that have not ended yet, so that it is requested only once.
create table trading.expiry_request (
  order_id uuid primary key,
  requested_at timestamptz not null default now()
);

-- Orders are placed and replaced through functions; a cancel updates a mark.
grant select, update (pending_action, lock_version, updated_at) on trading."order" to brokerx_orders;
grant select on trading."order"
  to brokerx_matcher, brokerx_feed, brokerx_notifier, brokerx_scheduler, brokerx_admin;
-- The scheduler cancels the orders of suspended clients.
grant update (pending_action, lock_version, updated_at) on trading."order" to brokerx_scheduler;
grant select on trading.resting_order
  to brokerx_orders, brokerx_matcher, brokerx_feed, brokerx_scheduler, brokerx_admin;
grant select on trading.waiting to brokerx_orders;
grant update (cancelling) on trading.waiting to brokerx_orders;
grant select, delete, update (cancelling) on trading.waiting to brokerx_scheduler;
grant select on trading.waiting to brokerx_admin;
grant select, insert, delete on trading.expiry_request to brokerx_scheduler;
