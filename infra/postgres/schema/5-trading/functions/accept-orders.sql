-- Accepts orders; orders enter the system in no other way. The domain has already checked the rules
-- that need no lock. Here the other rules are checked, for each order as if it came after the one
-- before.
create type trading.new_order as (
  order_id uuid,
  client_id uuid,
  client_order_id text,
  fingerprint bytea,
  symbol text,
  direction text,
  order_type text,
  quantity bigint,
  price bigint,
  stop_price bigint,
  collar_price bigint,
  time_in_force text,
  expires_at timestamptz,
  ends_at timestamptz,
  post_only boolean,
  self_trade_prevention text,
  hold_asset text,
  hold_amount bigint,
  -- Outside a session: the command waits until the market opens.
  waits boolean,
  -- Without a client_order_id: within this time the same terms are a duplicate order. 0: never.
  duplicate_window_ms integer,
  correlation_id text,
  traceparent text
);

-- Null in `code` means accepted. `allowed` and `found` are the limit and the value behind a
-- refusal.
create type trading.verdict as (code text, allowed bigint, found text);

-- The client's order with this client_order_id, if there is one. The row comparison leaves the
-- planner only this index; with two equalities it may choose another and read all orders of the
-- client.
create function trading.find_client_order(of_client uuid, wanted_id text) returns setof uuid
language sql stable as $$
  select order_id
  from (
    select order_id, client_id, client_order_id
    from trading."order"
    where (client_id, client_order_id) >= (of_client, wanted_id) and client_order_id is not null
    order by client_id, client_order_id
    limit 1
  ) as nearest
  where client_id = of_client and client_order_id = wanted_id
$$;

-- Whether the client placed the same terms within the window, also without a client_order_id. Order ids
-- start with the time at which a process made them; its clock may be some seconds off.
create function trading.has_duplicate(
  of_client uuid, of_symbol text, of_direction text, of_quantity bigint, of_price bigint,
  of_stop_price bigint, window_ms integer)
returns boolean
language sql stable as $$
  select exists (
    select from trading."order"
    where client_id = of_client
      and order_id > uuidv7(make_interval(secs => -5 - window_ms / 1000.0))
      and created_at > clock_timestamp() - window_ms * interval '1 millisecond'
      and client_order_id is null
      and symbol = of_symbol
      and direction = of_direction
      and quantity = of_quantity
      and price is not distinct from of_price
      and stop_price is not distinct from of_stop_price)
$$;

-- How many orders a client may still place now: a token bucket, kept as the time at which it is full
-- again. Each order moves that time by the spacing of two orders, at most a whole burst ahead. A time
-- further ahead is from a slower limit or from before the clock was set back: it counts as full.
create function trading.order_allowance(
  stored_full_at timestamptz, per_second integer, burst integer)
returns table (full_at timestamptz, spacing interval, orders_left integer)
language sql stable as $$
  select bucket.full_at, bucket.spacing,
    -- The hundredth allows for the rounding of times to microseconds.
    burst - ceil(date_part('epoch', bucket.full_at - bucket.moment) * per_second - 0.01)::integer
  from (
    select moment, spacing,
      case
        when stored_full_at > moment + burst * spacing + interval '1 second' then moment
        else greatest(stored_full_at, moment)
      end as full_at
    from (
      select clock_timestamp() as moment, interval '1 second' / per_second as spacing
    ) as pace
  ) as bucket
$$;

-- The client's allowance after some of its orders were accepted.
create type trading.spent_allowance as (client_id uuid, full_at timestamptz, spacing interval);

-- Whether the matcher can count the price in ticks: it counts whole ticks, in 31 bits.
create function trading.is_in_ticks(price bigint, tick_size bigint) returns boolean
language sql immutable as $$
  select price % tick_size = 0 and price / tick_size <= 2147483647
$$;

-- The facts for each order, client by client, and for each client in the order of arrival.
-- `identity` must differ between two orders of a client: the client_order_id or, without one, the
-- terms. It `is_repeated` when several of these orders have the same. `tick_or_lot_refusal` is the refusal when
-- the matcher cannot count the order in the present ticks and lots.
create function trading.candidates(orders trading.new_order[])
returns table (
  n bigint, client_id uuid, identity text, hold_asset text, hold_amount bigint, status text,
  stopped_by text, tick_or_lot_refusal text, tick_size bigint, lot_size bigint, max_open_orders integer,
  open_orders bigint, available bigint, is_named boolean, is_known boolean, is_duplicate boolean,
  is_repeated boolean, max_order_burst integer, max_orders_per_second integer,
  full_at timestamptz, spacing interval, orders_left integer)
language sql stable as $$
  select ordinality, asked.client_id, identity, hold_asset, hold_amount, status,
    case when exists (select from trading.control) then
      (select subject from trading.control
        where subject in ('all', symbol, asked.client_id::text)
        order by array_position('{system,symbol,client}', scope) limit 1)
    end,
    case
      when not trading.is_in_ticks(collar_price, listed.tick_size)
        or not trading.is_in_ticks(stop_price, listed.tick_size) then 'invalid_tick'
      when quantity % listed.lot_size <> 0 then 'invalid_lot'
    end,
    listed.tick_size, listed.lot_size, max_open_orders, counted.open_orders, coalesce(available, 0),
    client_order_id is not null,
    known_order_id is not null,
    client_order_id is null and asked.duplicate_window_ms > 0 and trading.has_duplicate(
      asked.client_id, symbol, direction, quantity, price, stop_price, asked.duplicate_window_ms),
    identity is not null and count(*) over (partition by asked.client_id, identity) > 1,
    max_order_burst, max_orders_per_second, allowance.full_at, allowance.spacing,
    allowance.orders_left
  from unnest(orders) with ordinality as asked
  cross join lateral (select case
    when client_order_id is not null then 'id ' || client_order_id
    when asked.duplicate_window_ms > 0
      then concat_ws(' ', 'terms', symbol, direction, quantity, price, '@', stop_price)
  end as identity) as own
  -- The limit makes this a look-up by key, whatever the size of the table when it is planned.
  left join lateral (
    select instrument.tick_size, instrument.lot_size
    from market.instrument
    where instrument.symbol = asked.symbol
    limit 1
  ) as listed on true
  left join trading.account on account.client_id = asked.client_id
  left join ledger.balance on balance.client_id = asked.client_id and balance.asset = hold_asset
  left join lateral (
    select sum(open_orders) as open_orders, max(order_allowance_full_at) as full_at
    from ledger.balance
    where balance.client_id = asked.client_id
  ) as counted on true
  left join lateral trading.order_allowance(
    counted.full_at, max_orders_per_second, max_order_burst) as allowance on true
  left join lateral trading.find_client_order(asked.client_id, client_order_id) as known_order_id
    on true
  order by asked.client_id, ordinality
$$;

-- Checks the orders and writes those that are accepted. Every process locks the account of a client
-- before its balances, and both in the order of their keys. The facts of a client that are read
-- after that cannot change until commit, and the next statement sees what was committed during the
-- wait for the locks.
--
-- Ticks and lots are checked again, because an operator may have changed them since the order was
-- checked, however long ago that was. No time is long enough to wait before such a change: a process
-- can pause between the check and this call. The change takes the same advisory lock exclusively
-- (layers/store/market/listings.ts), so either it sees the order, or the order is checked against its
-- outcome. The lock comes before all others, and a change never waits for it, so no deadlock is
-- possible. It is no row lock, because a row lock would write to the instrument for every order.
create function trading.accept_orders(orders trading.new_order[]) returns trading.verdict[]
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  verdicts trading.verdict[] := array_fill(null::trading.verdict, array[cardinality(orders)]);
  refusal text;
  accepted integer := 0;
  allowances trading.spent_allowance[];
  asked record;
  client uuid; -- the client whose orders are checked: the rest is about this client
  open_orders bigint;
  taken text[]; -- identities of accepted orders that are repeated
  is_taken boolean;
  assets text[];
  available bigint[]; -- what is still available of each asset
  place integer; -- of the asset that the order reserves
begin
  perform pg_advisory_xact_lock_shared(hashtextextended(symbol, 3)) from unnest(orders);
  perform
  from unnest(orders) as wanted
  join trading.account on account.client_id = wanted.client_id
  join ledger.balance on balance.client_id = wanted.client_id and balance.asset = wanted.hold_asset
  order by balance.client_id, balance.asset
  for no key update of account, balance;

  for asked in select * from trading.candidates(orders) loop
    if client is distinct from asked.client_id then
      client := asked.client_id;
      open_orders := asked.open_orders;
      taken := '{}';
      assets := '{}';
      available := '{}';
      allowances := allowances
        || row(client, asked.full_at, asked.spacing)::trading.spent_allowance;
    end if;
    place := array_position(assets, asked.hold_asset);
    if place is null then
      assets := assets || asked.hold_asset;
      available := available || asked.available;
      place := cardinality(assets);
    end if;
    is_taken := asked.is_repeated and asked.identity = any(taken);
    refusal := case
      when asked.is_known or (asked.is_named and is_taken) then 'client_order_id_known'
      when asked.status is distinct from 'active' then 'client_not_active'
      when asked.stopped_by is not null then 'kill_switch'
      when asked.tick_or_lot_refusal is not null then asked.tick_or_lot_refusal
      when asked.is_duplicate or is_taken then 'duplicate_order'
      when open_orders >= asked.max_open_orders then 'open_order_limit'
      when available[place] < asked.hold_amount then 'not_available'
      when open_orders - asked.open_orders >= asked.orders_left then 'order_rate_limit'
    end;
    if refusal is null then
      accepted := accepted + 1;
      open_orders := open_orders + 1;
      available[place] := available[place] - asked.hold_amount;
      if asked.is_repeated then
        taken := taken || asked.identity;
      end if;
    else
      verdicts[asked.n] := case refusal
        when 'client_not_active' then row(refusal, null, asked.status)
        when 'kill_switch' then row(refusal, null, asked.stopped_by)
        when 'invalid_tick' then row(refusal, asked.tick_size, null)
        when 'invalid_lot' then row(refusal, asked.lot_size, null)
        when 'open_order_limit' then row(refusal, asked.max_open_orders, open_orders)
        when 'not_available' then row(refusal, available[place], null)
        when 'order_rate_limit'
          then row(refusal, asked.max_order_burst, asked.max_orders_per_second)
        else row(refusal, null, null)
      end;
    end if;
  end loop;
  if accepted < cardinality(orders) then
    orders := array(
      select orders[n]
      from generate_subscripts(orders, 1) as n
      where (verdicts[n]).code is null
      order by n);
  end if;
  if accepted > 0 then
    perform trading.write_orders(orders, allowances);
  end if;
  return verdicts;
end
$$;

revoke execute on function trading.accept_orders from public;
grant execute on function trading.accept_orders to brokerx_orders;

-- The command that takes an order to the matcher. Amounts are text, as everywhere in JSON.
create function trading.place_command(placed trading.new_order) returns json
language sql stable as $$
  select json_strip_nulls(json_build_object(
    'type', 'place', 'orderId', placed.order_id, 'clientId', placed.client_id,
    'direction', placed.direction, 'orderType', placed.order_type, 'quantity', placed.quantity,
    'collarPrice', placed.collar_price::text, 'stopPrice', placed.stop_price::text,
    'timeInForce', placed.time_in_force, 'endsAt', placed.ends_at, 'postOnly', placed.post_only,
    'selfTradePrevention', placed.self_trade_prevention,
    'correlationId', placed.correlation_id, 'traceparent', placed.traceparent))
$$;

-- Writes the rows of accepted orders: holds, orders, commands, journal, audit and activities.
create function trading.write_orders(
  orders trading.new_order[], allowances trading.spent_allowance[])
returns void
language plpgsql as $$
declare
  changed_balances trading.recorded_balance[];
  placed_orders trading.recorded_order[];
begin
  with written as (
    update ledger.balance
    set available = available - amount, held = held + amount, open_orders = open_orders + orders_more,
      order_allowance_full_at = full_at + client_orders * spacing
    from (
      select client_id, hold_asset, sum(hold_amount)::bigint as amount,
        count(*)::integer as orders_more,
        sum(count(*)) over (partition by client_id)::integer as client_orders
      from unnest(orders)
      group by client_id, hold_asset
    ) as needed
    join unnest(allowances) as spent using (client_id)
    where balance.client_id = needed.client_id and balance.asset = needed.hold_asset
    returning balance.client_id, asset, available, held
  )
  select array_agg(row(client_id, asset, available, held)::trading.recorded_balance)
  into changed_balances
  from written;

  with written as (
    insert into trading."order" (
      order_id, client_id, client_order_id, fingerprint, symbol, direction, order_type, quantity,
      price, stop_price, collar_price, time_in_force, expires_at, ends_at, post_only,
      self_trade_prevention, open_quantity, held, correlation_id)
    select order_id, client_id, client_order_id, fingerprint, symbol, direction, order_type, quantity,
      price, stop_price, collar_price, time_in_force, expires_at, ends_at, post_only,
      self_trade_prevention, quantity, hold_amount, correlation_id
    from unnest(orders)
    returning trading.recorded("order") as order_state
  )
  select array_agg(order_state) into placed_orders from written;

  insert into ledger.journal (
    kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket)
  select 'hold', order_id::text, hold_asset, hold_amount, client_id, 'available', client_id, 'held'
  from unnest(orders);

  insert into trading.outbox (symbol, command)
  select symbol, trading.place_command(new_order) from unnest(orders) as new_order where not waits;
  if exists (select from unnest(orders) where waits) then
    insert into trading.waiting (order_id, symbol, command)
    select order_id, symbol, trading.place_command(new_order)::jsonb
    from unnest(orders) as new_order
    where waits;
  end if;

  insert into trading.audit (client_id, action, subject, correlation_id)
  select client_id, 'order_placed', order_id::text, correlation_id from unnest(orders);

  insert into trading.activity_outbox (orders, balances) values (placed_orders, changed_balances);
end
$$;
