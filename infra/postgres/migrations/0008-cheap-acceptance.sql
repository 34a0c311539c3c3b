-- Accepting an order must be cheap even when it comes alone. PostgreSQL reads the text of every check
-- constraint of a table anew for each statement that writes to it: for the seventeen of an order that
-- took longer than writing the row with its five indexes. One function a table, compiled once a
-- session, checks the same. And one function holds what orders need: it locks first and looks
-- afterwards, so that it can say of each order of a batch whether it goes through and why not.

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
    and coalesce(least(placed.price, placed.stop_price, placed.hold_price) > 0, true)
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

create function ledger.is_transfer(entry ledger.journal) returns boolean
language plpgsql immutable as $$
begin
  return entry.kind in (
      'deposit', 'withdrawal', 'grant', 'hold', 'release', 'trade', 'fee', 'correction')
    and entry.asset ~ '^[A-Z]{1,6}$'
    and entry.amount > 0
    and entry.debit_bucket in ('available', 'held', 'house')
    and entry.credit_bucket in ('available', 'held', 'house')
    and (entry.debit_account, entry.debit_bucket) <> (entry.credit_account, entry.credit_bucket);
end
$$;

-- The new constraint first: no moment, and no row, is without one.
alter table trading."order" add constraint order_is_sound check (trading.is_order("order"));
alter table ledger.journal add constraint journal_is_sound check (ledger.is_transfer(journal));
do $$
declare
  former record;
begin
  for former in
    select conrelid::regclass as of_table, conname
    from pg_constraint
    where contype = 'c'
      and conrelid in ('trading."order"'::regclass, 'ledger.journal'::regclass)
      and conname not in ('order_is_sound', 'journal_is_sound')
  loop
    execute format('alter table %s drop constraint %I', former.of_table, former.conname);
  end loop;
end
$$;

-- The client's order of this name, or null. Written so that only the index of names serves it: two
-- equalities look the same to the planner on the index of a client's orders, which has to be read
-- from end to end, and the more a client has traded the longer that takes.
create function trading.order_named(client uuid, named text) returns uuid
language plpgsql stable as $$
declare
  found_id uuid;
  found_name text;
begin
  select order_id, client_order_id
  into found_id, found_name
  from trading."order"
  where client_id = client and client_order_id >= named
  order by client_order_id
  limit 1;
  return case when found_name = named then found_id end;
end
$$;

-- Sets aside what one order needs and counts it. The guards look at everything at once, so an order
-- that is refused writes nothing; only one that loses a race for the money has to be uncounted.
create function trading.hold_for_one(
  client uuid, wanted_asset text, wanted bigint, named text)
returns text
language plpgsql as $$
begin
  update trading.account
  set open_orders = open_orders + 1
  where client_id = client
    and status = 'active'
    and open_orders < max_open_orders
    and exists (
      select from ledger.balance
      where client_id = client and asset = wanted_asset and available >= wanted)
    and trading.order_named(client, named) is null;
  if found then
    update ledger.balance
    set available = available - wanted, held = held + wanted
    where client_id = client and asset = wanted_asset and available >= wanted;
    if found then
      return 'placed';
    end if;
    update trading.account set open_orders = open_orders - 1 where client_id = client;
    return 'not_held';
  elsif trading.order_named(client, named) is not null then
    return 'client_order_id_taken';
  elsif exists (
    select from trading.account
    where client_id = client and status = 'active' and open_orders < max_open_orders) then
    return 'not_held';
  end if;
  return 'not_counted';
end
$$;

-- The same for several, as if those of a client came one after the other, asset by asset: what an
-- order that is refused would have needed is there for the next one. Accounts are locked first, then
-- balances, each in the order of their keys; what is read after that cannot change until the end.
create function trading.hold_for_many(
  clients uuid[], assets text[], amounts bigint[], names text[])
returns text[]
language plpgsql as $$
declare
  verdicts text[] := array_fill('placed'::text, array[cardinality(clients)]);
  one record;
  client uuid;
  asset_held text;
  room bigint;
  money_left bigint;
begin
  perform from trading.account where client_id = any(clients) order by client_id for update;
  perform from ledger.balance
  where (client_id, asset) in (select * from unnest(clients, assets))
  order by client_id, asset
  for update;
  for one in
    select asked.n, asked.client_id, asked.asset, asked.amount,
      account.status = 'active' as may_trade,
      account.max_open_orders - account.open_orders as room,
      coalesce(balance.available, 0) as available,
      trading.order_named(asked.client_id, asked.name) is not null as is_taken
    from unnest(clients, assets, amounts, names) with ordinality
      as asked (client_id, asset, amount, name, n)
    left join trading.account on account.client_id = asked.client_id
    left join ledger.balance
      on balance.client_id = asked.client_id and balance.asset = asked.asset
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
    else
      room := room - 1;
      money_left := money_left - one.amount;
    end if;
  end loop;
  update trading.account
  set open_orders = open_orders + placed.orders
  from (
    select client_id, count(*) as orders
    from unnest(clients, verdicts) as asked (client_id, verdict)
    where verdict = 'placed'
    group by client_id
  ) as placed
  where account.client_id = placed.client_id;
  update ledger.balance
  set available = available - placed.amount, held = held + placed.amount
  from (
    select client_id, asset, sum(amount)::bigint as amount
    from unnest(clients, assets, amounts, verdicts) as asked (client_id, asset, amount, verdict)
    where verdict = 'placed'
    group by client_id, asset
  ) as placed
  where balance.client_id = placed.client_id and balance.asset = placed.asset;
  return verdicts;
end
$$;

-- Called by the statement that accepts orders, before it writes any: says of each in turn whether what
-- it needs is held now. No two of the orders have the same name.
create function trading.hold_for_orders(
  clients uuid[], assets text[], amounts bigint[], names text[])
returns text[]
language plpgsql as $$
begin
  if cardinality(clients) = 1 then
    return array[trading.hold_for_one(clients[1], assets[1], amounts[1], names[1])];
  end if;
  return trading.hold_for_many(clients, assets, amounts, names);
end
$$;
