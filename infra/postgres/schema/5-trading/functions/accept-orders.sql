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

-- An order's name is looked up by client and name together. Asked for one client and a name from some on,
-- a planner that knows nothing yet of the table may read all orders of the client instead, which is what it
-- did in the first minute of a busy system; in the order of both there is only one index to read.
create function trading.order_named(client uuid, named text) returns uuid
language plpgsql stable as $$
declare
  found_id uuid;
  found_client uuid;
  found_name text;
begin
  select order_id, client_id, client_order_id
  into found_id, found_client, found_name
  from trading."order"
  where (client_id, client_order_id) >= (client, named) and client_order_id is not null
  order by client_id, client_order_id
  limit 1;
  return case when found_client = client and found_name = named then found_id end;
end
$$;

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
      open_orders = open_orders + asked.orders
    from asked
    where balance.client_id = asked.client_id
      and balance.asset = asked.asset
      and available >= asked.amount
      and (
        select max_open_orders
        from trading.account
        where account.client_id = asked.client_id and status = 'active'
      ) >= open_orders + orders_of_client + (
        select coalesce(sum(others.open_orders), 0)
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
      select client_id, client_order_id
      from trading."order"
      where ("order".client_id, client_order_id) >= (named.client_id, name)
        and client_order_id is not null
      order by client_id, client_order_id
      limit 1
    ) as found
    where found.client_id = named.client_id and client_order_id = name);
  position integer;
begin
  if cardinality(taken) = 0 then
    return;
  end if;
  update ledger.balance
  set available = available + back.amount, held = held - back.amount, open_orders = open_orders - back.orders
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
        select sum(open_orders) from ledger.balance as every where every.client_id = asked.client_id
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
    open_orders = open_orders + placed.orders
  from (
    select client_id, asset, sum(amount)::bigint as amount, count(*)::integer as orders
    from unnest(clients, assets, amounts, verdicts) as asked (client_id, asset, amount, verdict)
    where verdict = 'placed'
    group by client_id, asset
  ) as placed
  where balance.client_id = placed.client_id and balance.asset = placed.asset;
end
$$;

-- Batches of one are no longer its business.
create function trading.hold_for_orders(
  clients uuid[], assets text[], amounts bigint[], names text[], in_turn boolean,
  unnamed integer[], symbols text[], directions text[], quantities bigint[], prices bigint[],
  stop_prices bigint[], windows_ms integer[],
  out verdicts text[], out facts bigint[])
language plpgsql as $$
begin
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

-- Judges one order and writes it if it is accepted: `trading.hold_for_orders` and all that follows it,
-- for a batch of one.
create function trading.accept_one(
  new_order_id uuid, client uuid, named text, print bytea, of_symbol text, of_direction text,
  of_type text, of_quantity bigint, of_price bigint, of_stop_price bigint, worst_price bigint,
  wanted_asset text, wanted bigint, of_time_in_force text, expiry timestamptz, never_takes boolean,
  prevention text, correlation text, command text, waits boolean, twin_window_ms integer,
  out verdict text, out fact bigint)
language plpgsql
set brokerx.records_itself to 'on' as $$
declare
  client_asked uuid := client;
  left_available bigint;
  left_held bigint;
begin
  if exists (select from trading.control) then
    client_asked := (trading.unstopped(array[client], array[of_symbol]))[1];
  end if;
  if named is null and twin_window_ms > 0 then
    perform from ledger.balance where client_id = client and asset = wanted_asset for update;
    if trading.has_twin(
      client, of_symbol, of_direction, of_quantity, of_price, of_stop_price, twin_window_ms) then
      verdict := 'duplicate';
      return;
    end if;
  end if;

  update ledger.balance
  set available = available - wanted, held = held + wanted, open_orders = open_orders + 1
  where client_id = client_asked
    and asset = wanted_asset
    and available >= wanted
    and (
      select max_open_orders
      from trading.account
      where account.client_id = client_asked and status = 'active'
    ) > open_orders + (
      select coalesce(sum(others.open_orders), 0)
      from ledger.balance as others
      where others.client_id = client_asked and others.asset <> wanted_asset)
  returning available, held into left_available, left_held;
  if not found then
    select held.verdict, held.fact
    into verdict, fact
    from trading.why_not_held(client_asked, wanted_asset, named) as held;
    return;
  end if;

  -- Only now, when whoever placed an order of the same name at this moment is through.
  insert into trading."order" (
    order_id, client_id, client_order_id, fingerprint, symbol, direction, order_type, quantity,
    price, stop_price, collar_price, time_in_force, expires_at, post_only, self_trade_prevention,
    open_quantity, held, correlation_id)
  values (
    new_order_id, client, named, print, of_symbol, of_direction, of_type, of_quantity,
    of_price, of_stop_price, worst_price, of_time_in_force, expiry, never_takes, prevention,
    of_quantity, wanted, correlation)
  on conflict (client_id, client_order_id) where client_order_id is not null do nothing;
  if not found then
    update ledger.balance
    set available = available + wanted, held = held - wanted, open_orders = open_orders - 1
    where client_id = client and asset = wanted_asset;
    verdict := 'client_order_id_taken';
    return;
  end if;

  insert into ledger.journal (
    kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket)
  values (
    'hold', new_order_id::text, wanted_asset, wanted, client, 'available', client, 'held');
  if waits then
    insert into trading.waiting (order_id, symbol, command)
    values (new_order_id, of_symbol, accept_one.command::jsonb);
  else
    insert into trading.outbox (symbol, command) values (of_symbol, accept_one.command::json);
  end if;
  insert into trading.audit (client_id, action, subject, correlation_id)
  values (client, 'order_placed', new_order_id::text, correlation);
  -- What the triggers would have recorded, as one row.
  insert into trading.activity_intake (rank, orders, balances)
  values (
    2,
    array[row(client, new_order_id, 'new', null, null, of_quantity, of_price, of_stop_price, false, 0,
      of_quantity, 0, wanted, 0, now())::trading.recorded_order],
    array[row(client, wanted_asset, left_available, left_held)::trading.recorded_balance]);
  verdict := 'placed';
end
$$;

-- Why an order was not held for, told from a look without a lock.
create function trading.why_not_held(
  client uuid, wanted_asset text, named text, out verdict text, out fact bigint)
language plpgsql stable as $$
begin
  if trading.order_named(client, named) is not null then
    verdict := 'client_order_id_taken';
  elsif coalesce((
      select max_open_orders
      from trading.account
      where account.client_id = client and status = 'active'
    ), 0) <= (select coalesce(sum(open_orders), 0) from ledger.balance where client_id = client) then
    verdict := 'not_counted';
  else
    select coalesce(max(available), 0)
    into fact
    from ledger.balance
    where client_id = client and asset = wanted_asset;
    verdict := 'not_held';
  end if;
end
$$;
