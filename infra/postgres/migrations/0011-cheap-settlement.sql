-- What an order costs the database, from its acceptance to its end, made less: an order that ends
-- touches none of its indexes; open orders are counted where their money is held, in rows that are
-- written anyway; what is recorded for the activity stream and for mails is written as arrays, one row a
-- statement; and indexes that nobody reads are gone.

-- Orders that stand in a book. A row comes with the batch that leaves the order there and goes with the
-- one that ends it, so an order that trades at once never has one. As a partial index on the orders
-- themselves, the same would keep every update that ends an order from being a heap-only one.
create table trading.standing (
  symbol text not null,
  order_id uuid not null,
  expires_at timestamptz,
  primary key (symbol, order_id)
);
create index standing_by_expiry on trading.standing (expires_at) where expires_at is not null;
insert into trading.standing (symbol, order_id, expires_at)
select symbol, order_id, expires_at
from trading."order"
where not closed and engine_order is not null;
drop index trading.order_open, trading.order_by_expiry, trading.order_cancelling;
-- Room for one more version of every row of a page: orders that end together find it all taken otherwise.
alter table trading."order" set (fillfactor = 45);

-- A cancel that finds its order still waiting for the market says so where it waits.
alter table trading.waiting add column cancelling boolean not null default false;
update trading.waiting
set cancelling = true
from trading."order"
where "order".order_id = waiting.order_id and pending_action = 'pending_cancel';
create index waiting_cancelling on trading.waiting (waiting_id) where cancelling;

-- Commands are written and read whole: as text that is known to be JSON, and taken apart by nobody.
alter table trading.outbox alter column command type json using command::json;
alter table trading.command alter column command type json using command::json;

-- Every order that is not over: it stands in a book, waits for its market, or is on its way.
create view trading.open_order as
  select order_id from trading.standing
  union all
  select order_id from trading.waiting
  union all
  select (command->>'orderId')::uuid from trading.outbox where command->>'type' = 'place'
  union all
  select (command->>'orderId')::uuid
  from trading.book
  join trading.command on command.symbol = book.symbol and seq > settled_seq
  where command->>'type' = 'place';

-- How many open orders hold some of the asset: an order is counted, and counted off, in the row in
-- which it holds. What a client has open in all is the sum of a few rows.
alter table ledger.balance add column holds integer not null default 0;
update ledger.balance
set holds = open.orders
from (
  select client_id, case direction when 'buy' then currency else "order".symbol end as asset,
    count(*) as orders
  from trading."order"
  join market.instrument using (symbol)
  where not closed
  group by 1, 2
) as open
where balance.client_id = open.client_id and balance.asset = open.asset;
-- One expression, because each one of a table is read anew for every statement that writes to it.
alter table ledger.balance
  add constraint balance_is_sound
    check (least(available, held, cost, holds) >= 0 and asset ~ '^[A-Z]{1,6}$'),
  drop constraint balance_available_check,
  drop constraint balance_held_check,
  drop constraint balance_cost_check,
  drop constraint balance_asset_check;
alter table trading.account drop column open_orders;

-- What an operator changes of an account is rare now, and says when: whoever keeps accounts in memory
-- asks for the changes of the last minute and forgets those, instead of reading all of them again and
-- again. No transaction lives nearly as long as that.
alter table trading.account add column changed_at timestamptz not null default '-infinity';
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

-- Every asset in which what open orders need, or how many they are, differs from what is held for them
-- and counted: always empty.
drop view trading.hold_drift;
create view trading.hold_drift as
  with needed as (
    select
      client_id,
      case direction when 'buy' then currency else "order".symbol end as asset,
      sum(held + extra_held) as held,
      count(*) as orders
    from trading.open_order
    join trading."order" using (order_id)
    join market.instrument using (symbol)
    group by 1, 2
  )
  select
    coalesce(balance.client_id, needed.client_id) as client_id,
    coalesce(balance.asset, needed.asset) as asset,
    coalesce(balance.held, 0) - coalesce(needed.held, 0) as drift,
    coalesce(balance.holds, 0) - coalesce(needed.orders, 0) as count_drift
  from ledger.balance
  full join needed on needed.client_id = balance.client_id and needed.asset = balance.asset
  where coalesce(balance.held, 0) <> coalesce(needed.held, 0)
     or coalesce(balance.holds, 0) <> coalesce(needed.orders, 0);

create or replace view trading.hold_fault as
  select order_id, 'holds other than it needs' as fault
  from trading.open_order
  join trading."order" using (order_id)
  where held <> case direction when 'buy' then hold_price * open_quantity else open_quantity end
  union all
  select order_id, 'disagrees with its replace'
  from trading.open_order
  join trading."order" using (order_id)
  full join (select * from trading.amendment where status = 'requested') as asked using (order_id)
  where (case when not closed then pending_amendment end) is distinct from amendment_id
    or coalesce("order".extra_held, 0) <> coalesce(asked.extra_held, 0);

-- Nothing is looked up by these. A client's history is the activity stream, which has an order of its own.
drop index ledger.journal_by_debit_account, ledger.journal_by_credit_account;
drop index trading.audit_by_client, trading.audit_by_xact;
alter table trading.audit drop constraint audit_pkey, add primary key (xact, audit_id);

-- True when the client placed the same order within the window and gave it no name either. Order ids
-- start with the time of their birth by the clock of whoever made them, which may be some seconds off.
create function trading.has_twin(
  client uuid, of_symbol text, of_direction text, of_quantity bigint, of_price bigint,
  of_stop_price bigint, window_ms integer)
returns boolean
language sql stable as $$
  select exists (
    select from trading."order"
    where client_id = client
      and order_id > uuidv7(make_interval(secs => -5 - window_ms / 1000.0))
      and created_at > clock_timestamp() - window_ms * interval '1 millisecond'
      and client_order_id is null
      and symbol = of_symbol
      and direction = of_direction
      and quantity = of_quantity
      and price is not distinct from of_price
      and stop_price is not distinct from of_stop_price)
$$;

-- Locks balances in the order of their keys, as everybody does.
create function trading.lock_balances(clients uuid[], assets text[]) returns void
language plpgsql as $$
begin
  perform
  from unnest(clients, assets) as wanted (client_id, asset)
  join ledger.balance on balance.client_id = wanted.client_id and balance.asset = wanted.asset
  order by balance.client_id, balance.asset
  for update of balance;
end
$$;

-- The verdicts, with those of twins changed. A statement of its own, so that it sees what was committed
-- while the balances were waited for.
create function trading.mark_twins(
  verdicts text[], clients uuid[], unnamed integer[], symbols text[], directions text[],
  quantities bigint[], prices bigint[], stop_prices bigint[], windows_ms integer[])
returns text[]
language plpgsql as $$
declare
  twin record;
begin
  for twin in
    select n
    from unnest(unnamed, symbols, directions, quantities, prices, stop_prices, windows_ms)
      as asked (n, symbol, direction, quantity, price, stop_price, window_ms)
    where trading.has_twin(clients[n], symbol, direction, quantity, price, stop_price, window_ms)
  loop
    verdicts[twin.n] := 'duplicate';
  end loop;
  return verdicts;
end
$$;

-- Sets aside what one order needs and counts it, in one guarded update. What keeps it from that is
-- looked for only afterwards.
create function trading.hold_for_one(
  client uuid, wanted_asset text, wanted bigint, named text,
  out verdict text, out fact bigint)
language plpgsql as $$
begin
  update ledger.balance
  set available = available - wanted, held = held + wanted, holds = holds + 1
  where client_id = client
    and asset = wanted_asset
    and available >= wanted
    and (
      select max_open_orders
      from trading.account
      where account.client_id = client and status = 'active'
    ) > holds + (
      select coalesce(sum(others.holds), 0)
      from ledger.balance as others
      where others.client_id = client and others.asset <> wanted_asset)
    and trading.order_named(client, named) is null;
  if found then
    verdict := 'placed';
    return;
  end if;
  if trading.order_named(client, named) is not null then
    verdict := 'client_order_id_taken';
    return;
  end if;
  if coalesce((
      select max_open_orders
      from trading.account
      where account.client_id = client and status = 'active'
    ), 0) <= (select coalesce(sum(holds), 0) from ledger.balance where client_id = client) then
    verdict := 'not_counted';
    return;
  end if;
  select coalesce(max(available), 0)
  into fact
  from ledger.balance
  where client_id = client and asset = wanted_asset;
  verdict := 'not_held';
end
$$;

-- Holds for all of these orders with one update, and counts them: false when not all can be held, and
-- then nothing is. Balances are written in the order of their keys.
create function trading.hold_for_all(clients uuid[], assets text[], amounts bigint[])
returns boolean
language plpgsql as $$
declare
  is_done boolean;
begin
  with asked as materialized (
    select client_id, asset, sum(amount)::bigint as amount, count(*)::integer as orders,
      sum(count(*)) over (partition by client_id) as orders_of_client
    from unnest(clients, assets, amounts) as asked (client_id, asset, amount)
    group by client_id, asset
    order by client_id, asset
  ), holding as (
    update ledger.balance
    set available = available - asked.amount,
      held = held + asked.amount,
      holds = holds + asked.orders
    from asked
    where balance.client_id = asked.client_id
      and balance.asset = asked.asset
      and available >= asked.amount
      and (
        select max_open_orders
        from trading.account
        where account.client_id = asked.client_id and status = 'active'
      ) >= holds + orders_of_client + (
        select coalesce(sum(others.holds), 0)
        from ledger.balance as others
        where others.client_id = asked.client_id and others.asset <> asked.asset)
    returning 1
  )
  select count(*) = (select count(*) from asked) into is_done from holding;
  -- Undone as a whole: who holds some balances and wants others would want them in another order.
  if not is_done then
    raise exception 'not all can be held' using errcode = 'BX003';
  end if;
  return true;
exception when sqlstate 'BX003' then
  return false;
end
$$;

-- Lets go of what was held for orders that turn out to be known by their names already.
create function trading.unhold_taken(
  clients uuid[], assets text[], amounts bigint[], names text[], inout verdicts text[])
language plpgsql as $$
declare
  taken integer[] := array(
    select n
    from unnest(clients, names) with ordinality as named (client_id, name, n)
    cross join lateral (
      select client_order_id
      from trading."order"
      where "order".client_id = named.client_id and client_order_id >= name
      order by client_order_id
      limit 1
    ) as found
    where client_order_id = name);
  position integer;
begin
  if cardinality(taken) = 0 then
    return;
  end if;
  update ledger.balance
  set available = available + back.amount, held = held - back.amount, holds = holds - back.orders
  from (
    select clients[n] as client_id, assets[n] as asset, sum(amounts[n])::bigint as amount,
      count(*)::integer as orders
    from unnest(taken) as n
    group by 1, 2
  ) as back
  where balance.client_id = back.client_id and balance.asset = back.asset;
  foreach position in array taken loop
    verdicts[position] := 'client_order_id_taken';
  end loop;
end
$$;

-- Judges orders in turn, as if those of a client came one after the other, asset by asset: what one that
-- is refused would have needed is there for the next. The balances are locked first, in the order of
-- their keys; what is read of them after that cannot change until the end.
create function trading.hold_in_turn(
  clients uuid[], assets text[], amounts bigint[], names text[],
  inout verdicts text[], out facts bigint[])
language plpgsql as $$
declare
  one record;
  client uuid;
  asset_held text;
  room bigint;
  money_left bigint;
begin
  facts := array_fill(null::bigint, array[cardinality(clients)]);
  perform trading.lock_balances(clients, assets);
  for one in
    select asked.n, asked.client_id, asked.asset, asked.amount,
      account.status = 'active' as may_trade,
      account.max_open_orders - (
        select sum(holds) from ledger.balance as every where every.client_id = asked.client_id
      ) as room,
      coalesce(balance.available, 0) as available,
      trading.order_named(asked.client_id, asked.name) is not null as is_taken
    from unnest(clients, assets, amounts, names, verdicts) with ordinality
      as asked (client_id, asset, amount, name, verdict, n)
    left join trading.account on account.client_id = asked.client_id
    left join ledger.balance
      on balance.client_id = asked.client_id and balance.asset = asked.asset
    where verdict = 'placed'
    order by asked.client_id, asked.asset, asked.n
  loop
    if client is distinct from one.client_id then
      client := one.client_id;
      room := one.room;
      asset_held := null;
    end if;
    if asset_held is distinct from one.asset then
      asset_held := one.asset;
      money_left := one.available;
    end if;
    if one.is_taken then
      verdicts[one.n] := 'client_order_id_taken';
    elsif one.may_trade is not true or room < 1 then
      verdicts[one.n] := 'not_counted';
    elsif money_left < one.amount then
      verdicts[one.n] := 'not_held';
      facts[one.n] := money_left;
    else
      room := room - 1;
      money_left := money_left - one.amount;
    end if;
  end loop;
  update ledger.balance
  set available = available - placed.amount,
    held = held + placed.amount,
    holds = holds + placed.orders
  from (
    select client_id, asset, sum(amount)::bigint as amount, count(*)::integer as orders
    from unnest(clients, assets, amounts, verdicts) as asked (client_id, asset, amount, verdict)
    where verdict = 'placed'
    group by client_id, asset
  ) as placed
  where balance.client_id = placed.client_id and balance.asset = placed.asset;
end
$$;

-- Called by the statement that accepts orders, before it writes any: says of each in turn whether what
-- it needs is held now, and what was available where it is not. Mostly all of them can be held, and then
-- they are at once; `in_turn` says that this is not to be expected. No two of the orders have the same
-- name, and no two without a name are the same. Those without one, `unnamed`, are twins of an earlier
-- order when there is one; with the balances locked, whoever places the same order now comes later.
create function trading.hold_for_orders(
  clients uuid[], assets text[], amounts bigint[], names text[], in_turn boolean,
  unnamed integer[], symbols text[], directions text[], quantities bigint[], prices bigint[],
  stop_prices bigint[], windows_ms integer[],
  out verdicts text[], out facts bigint[])
language plpgsql as $$
begin
  if cardinality(clients) = 1 and cardinality(unnamed) = 0 then
    select array[verdict], array[fact]
    into verdicts, facts
    from trading.hold_for_one(clients[1], assets[1], amounts[1], names[1]);
    return;
  end if;
  verdicts := array_fill('placed'::text, array[cardinality(clients)]);
  if cardinality(unnamed) > 0 then
    perform trading.lock_balances(clients, assets);
    verdicts := trading.mark_twins(
      verdicts, clients, unnamed, symbols, directions, quantities, prices, stop_prices, windows_ms);
  end if;
  if not in_turn and array_position(verdicts, 'duplicate') is null
    and trading.hold_for_all(clients, assets, amounts) then
    -- Only now, when whoever placed an order of the same name at this moment is through.
    verdicts := trading.unhold_taken(clients, assets, amounts, names, verdicts);
    facts := array_fill(null::bigint, array[cardinality(clients)]);
    return;
  end if;
  select held.verdicts, held.facts
  into verdicts, facts
  from trading.hold_in_turn(clients, assets, amounts, names, verdicts) as held;
end
$$;

-- What is recorded of orders, balances and fills, one row a statement: arrays of plain rows, which cost a
-- tenth of the same as JSON. They become JSON when they are numbered, off the way of an order.
create type trading.recorded_order as (
  client_id uuid, order_id uuid, status text, pending_action text, reason text, quantity bigint,
  price bigint, stop_price bigint, triggered boolean, filled_quantity bigint, open_quantity bigint,
  filled_notional bigint, held bigint, lock_version integer, updated_at timestamptz);
create type trading.recorded_balance as (client_id uuid, asset text, available bigint, held bigint);
create type trading.recorded_fill as (client_id uuid, trade_id text, side text);
alter table trading.activity_intake
  alter column entries drop not null,
  add column fills trading.recorded_fill[],
  add column orders trading.recorded_order[],
  add column balances trading.recorded_balance[];
-- Stored out of line they are not worth compressing: they live for milliseconds.
alter table trading.activity_intake
  alter column fills set storage external,
  alter column orders set storage external,
  alter column balances set storage external;
-- The same goes for what the feed shows.
alter table market.event
  alter column depth set storage external,
  alter column trades set storage external;

create or replace function trading.record_orders() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into trading.activity_intake (rank, orders)
  select 2, array_agg(row(client_id, order_id, status, pending_action, reason, quantity, price,
    stop_price, triggered, filled_quantity, open_quantity, filled_notional, held + extra_held,
    lock_version, updated_at)::trading.recorded_order)
  from changed
  having count(*) > 0;
  return null;
end
$$;

create or replace function ledger.record_balances() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into trading.activity_intake (rank, balances)
  select 3, array_agg(row(client_id, asset, available, held)::trading.recorded_balance)
  from changed
  where tg_op = 'UPDATE' or available <> 0 or held <> 0
  having count(*) > 0;
  return null;
end
$$;

create or replace function trading.record_trades() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if not exists (select from made) then
    return null;
  end if;
  insert into trading.activity_intake (rank, fills)
  select 1, array_agg(row(client_id, trade_id, side)::trading.recorded_fill
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

-- Orders whose owners are to be told, one row a settled batch; the notifier makes notices of them.
create table trading.notice_intake (
  intake_id bigint generated always as identity primary key,
  order_ids uuid[] not null,
  client_ids uuid[] not null check (cardinality(client_ids) = cardinality(order_ids)),
  due_at timestamptz not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
alter table trading.notice_intake
  alter column order_ids set storage external,
  alter column client_ids set storage external;

grant select (client_id, changed_at) on trading.account to brokerx_feed;
grant select, insert, delete on trading.standing to brokerx_matcher;
grant select on trading.standing to brokerx_orders, brokerx_feed, brokerx_scheduler, brokerx_admin;
grant select on trading.open_order, trading.hold_drift to brokerx_matcher, brokerx_orders;
grant select on trading.waiting to brokerx_admin;
grant update (cancelling) on trading.waiting to brokerx_orders;
grant select on ledger.balance to brokerx_admin;
grant usage on schema ledger to brokerx_admin;
grant insert on trading.notice_intake to brokerx_matcher;
grant select, delete on trading.notice_intake to brokerx_notifier;
grant insert on trading.notice to brokerx_notifier;
