-- What happened to each client, in one gapless sequence of its own, and what happened in each market,
-- as candles. Both are written by triggers, in the transaction of the change itself: whoever changes an
-- order, a balance or the tape, now or later, cannot forget them.

-- Changes as they were committed, not yet numbered: one row a statement, an array of
-- {client, event}. `rank` puts the fills of a transaction before its orders and those before its balances.
create table trading.activity_intake (
  intake_id bigint generated always as identity primary key,
  transaction_id xid8 not null default pg_current_xact_id(),
  rank smallint not null,
  entries jsonb not null,
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

-- An order as it was after a change: what cannot change stands in its row.
create function trading.record_orders() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into trading.activity_intake (rank, entries)
  select 2, jsonb_agg(jsonb_build_object('client', client_id, 'event', jsonb_build_array('order',
    order_id, status, pending_action, reason, quantity, price::text, stop_price::text, triggered,
    filled_quantity, open_quantity, filled_notional::text, (held + extra_held)::text, lock_version,
    updated_at))
    order by order_id)
  from changed
  having count(*) > 0;
  return null;
end
$$;
create trigger order_is_recorded_when_placed after insert on trading."order"
  referencing new table as changed for each statement execute function trading.record_orders();
create trigger order_is_recorded_when_changed after update on trading."order"
  referencing new table as changed for each statement execute function trading.record_orders();

create function ledger.record_balances() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into trading.activity_intake (rank, entries)
  select 3, jsonb_agg(jsonb_build_object('client', client_id,
    'event', jsonb_build_array('balance', asset, available::text, held::text))
    order by client_id, asset)
  from changed
  where tg_op = 'UPDATE' or available <> 0 or held <> 0
  having count(*) > 0;
  return null;
end
$$;
create trigger balance_is_recorded_when_opened after insert on ledger.balance
  referencing new table as changed for each statement execute function ledger.record_balances();
create trigger balance_is_recorded_when_changed after update on ledger.balance
  referencing new table as changed for each statement execute function ledger.record_balances();

-- What enters or leaves an account other than by a trade.
create function ledger.record_transfer() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into trading.activity_intake (rank, entries)
  select 1, jsonb_agg(jsonb_build_object('client', client_id, 'event',
    jsonb_build_array('transfer', new.asset, new.amount::text, new.kind, new.reference, way)))
  from (values
    (new.debit_account, new.debit_bucket, 'out'), (new.credit_account, new.credit_bucket, 'in')
  ) as side (client_id, bucket, way)
  where bucket <> 'house'
  having count(*) > 0;
  return null;
end
$$;
create trigger transfer_is_recorded after insert on ledger.journal
  for each row when (new.kind not in ('hold', 'release', 'trade'))
  execute function ledger.record_transfer();

-- Candles of a minute and of an hour; longer ones are made of these. A bucket starts at a whole
-- minute or hour, UTC; one without a trade has no row.
create table market.candle (
  symbol text not null,
  seconds integer not null check (seconds in (60, 3600)),
  opens_at timestamptz not null,
  open bigint not null check (open > 0),
  high bigint not null check (high >= greatest(open, close)),
  low bigint not null check (low between 1 and least(open, close)),
  close bigint not null check (close > 0),
  volume bigint not null check (volume > 0),
  trades bigint not null check (trades > 0),
  primary key (symbol, seconds, opens_at)
) with (fillfactor = 50);

-- The place of a trade among those of one command: the last part of its id.
create function trading.trade_index(trade_id text) returns integer
language sql immutable parallel safe return split_part(trade_id, '-', 3)::integer;

-- The tape folded into candles from scratch, in the order in which it traded.
create view market.candle_of_tape as
  select
    symbol,
    seconds,
    date_bin(make_interval(secs => seconds), created_at, 'epoch') as opens_at,
    (array_agg(price order by seq, trading.trade_index(trade_id)))[1] as open,
    max(price) as high,
    min(price) as low,
    (array_agg(price order by seq desc, trading.trade_index(trade_id) desc))[1] as close,
    sum(quantity)::bigint as volume,
    count(*) as trades
  from trading.trade
  cross join (values (60), (3600)) as span (seconds)
  group by symbol, seconds, opens_at;

insert into market.candle (symbol, seconds, opens_at, open, high, low, close, volume, trades)
select symbol, seconds, opens_at, open, high, low, close, volume, trades
from market.candle_of_tape;

-- The statements of a symbol come one after the other, so what is there was traded before.
create function trading.record_trades() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if not exists (select from made) then
    return null;
  end if;
  insert into trading.activity_intake (rank, entries)
  select 1, jsonb_agg(jsonb_build_object('client', client_id,
    'event', jsonb_build_array('fill', trade_id, side))
    order by seq, trading.trade_index(trade_id), side)
  from made
  cross join lateral (values (buyer_id, 'buy'), (seller_id, 'sell')) as party (client_id, side);

  insert into market.candle as candle (
    symbol, seconds, opens_at, open, high, low, close, volume, trades)
  select
    symbol,
    seconds,
    date_bin(make_interval(secs => seconds), created_at, 'epoch') as opens_at,
    (array_agg(price order by seq, trading.trade_index(trade_id)))[1],
    max(price),
    min(price),
    (array_agg(price order by seq desc, trading.trade_index(trade_id) desc))[1],
    sum(quantity),
    count(*)
  from made
  cross join (values (60), (3600)) as span (seconds)
  group by symbol, seconds, opens_at
  on conflict (symbol, seconds, opens_at) do update set
    high = greatest(candle.high, excluded.high),
    low = least(candle.low, excluded.low),
    close = excluded.close,
    volume = candle.volume + excluded.volume,
    trades = candle.trades + excluded.trades;
  return null;
end
$$;
create trigger trade_is_recorded after insert on trading.trade
  referencing new table as made for each statement execute function trading.record_trades();

-- One-use tickets for the WebSocket: only their hash is kept, and only until they are used or over.
create table market.ticket (
  ticket_hash bytea primary key check (length(ticket_hash) = 32),
  client_id uuid not null,
  token_expires_at timestamptz not null,
  expires_at timestamptz not null
);
create index ticket_by_expiry on market.ticket (expires_at);

grant select, delete on trading.activity_intake to brokerx_feed, brokerx_orders;
grant select, insert, update on trading.activity_sequence to brokerx_feed, brokerx_orders;
grant select, insert on trading.activity to brokerx_feed, brokerx_orders;
grant select on market.candle to brokerx_orders, brokerx_feed;
grant select, insert, delete on market.ticket to brokerx_orders, brokerx_feed;
grant select (symbol, seq, created_at) on trading.command to brokerx_feed;
grant select (symbol, created_at) on trading.outbox to brokerx_feed;
