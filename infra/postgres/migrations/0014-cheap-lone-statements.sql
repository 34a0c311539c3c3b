-- What comes alone: every order on Lambda, most of them on an idle system, and every deposit. A statement of
-- a dozen parts spends most of its time on being started; plain ones in a function, planned once a
-- session, write the same rows for less.

-- Orders, balances and transfers are recorded by their triggers unless a function says, for as long as
-- it runs, that it records what it does itself: in one row, and without starting anything else.
drop trigger order_is_recorded_when_placed on trading."order";
create trigger order_is_recorded_when_placed after insert on trading."order"
  referencing new table as changed for each statement
  when (current_setting('brokerx.records_itself', true) is distinct from 'on')
  execute function trading.record_orders();
drop trigger order_is_recorded_when_changed on trading."order";
create trigger order_is_recorded_when_changed after update on trading."order"
  referencing new table as changed for each statement
  when (current_setting('brokerx.records_itself', true) is distinct from 'on')
  execute function trading.record_orders();
drop trigger balance_is_recorded_when_changed on ledger.balance;
create trigger balance_is_recorded_when_changed after update on ledger.balance
  referencing new table as changed for each statement
  when (current_setting('brokerx.records_itself', true) is distinct from 'on')
  execute function ledger.record_balances();
drop trigger transfer_is_recorded on ledger.journal;
create trigger transfer_is_recorded after insert on ledger.journal
  for each row
  when (new.kind not in ('hold', 'release', 'trade')
    and current_setting('brokerx.records_itself', true) is distinct from 'on')
  execute function ledger.record_transfer();

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
  set available = available - wanted, held = held + wanted, holds = holds + 1
  where client_id = client_asked
    and asset = wanted_asset
    and available >= wanted
    and (
      select max_open_orders
      from trading.account
      where account.client_id = client_asked and status = 'active'
    ) > holds + (
      select coalesce(sum(others.holds), 0)
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
    price, stop_price, hold_price, time_in_force, expires_at, post_only, self_trade_prevention,
    open_quantity, held, correlation_id)
  values (
    new_order_id, client, named, print, of_symbol, of_direction, of_type, of_quantity,
    of_price, of_stop_price, worst_price, of_time_in_force, expiry, never_takes, prevention,
    of_quantity, wanted, correlation)
  on conflict (client_id, client_order_id) where client_order_id is not null do nothing;
  if not found then
    update ledger.balance
    set available = available + wanted, held = held - wanted, holds = holds - 1
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
    ), 0) <= (select coalesce(sum(holds), 0) from ledger.balance where client_id = client) then
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

-- Batches of one are no longer its business.
create or replace function trading.hold_for_orders(
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
drop function trading.hold_for_one(uuid, text, bigint, text);

-- Credits a deposit once a key: `in_flight` while another request holds the key, `kept` when it has its
-- answer already. The balance comes last, so that those who pay into one account wait for little more
-- than each other's commit.
create function ledger.credit_deposit(
  client uuid, of_key text, print bytea, kept_answer text, new_deposit_id uuid, of_amount bigint,
  of_currency text, made_at timestamptz, bank uuid, correlation text)
returns text
language plpgsql
set brokerx.records_itself to 'on' as $$
declare
  left_available bigint;
  left_held bigint;
begin
  if not pg_try_advisory_xact_lock(
    hashtextextended('deposit ' || client::text || ' ' || of_key, 0)) then
    return 'in_flight';
  end if;
  insert into ledger.idempotency_key (client_id, operation, key, fingerprint, status, answer)
  values (client, 'deposit', of_key, print, 201, kept_answer)
  on conflict do nothing;
  if not found then
    return 'kept';
  end if;
  insert into ledger.deposit (deposit_id, client_id, amount, currency, created_at)
  values (new_deposit_id, client, of_amount, of_currency, made_at);
  insert into ledger.journal (
    kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket)
  values (
    'deposit', new_deposit_id::text, of_currency, of_amount, bank, 'house', client, 'available');
  insert into trading.audit (client_id, action, subject, correlation_id)
  values (client, 'deposit_credited', new_deposit_id::text, correlation);
  update ledger.balance
  set available = available + of_amount
  where client_id = client and asset = of_currency
  returning available, held into strict left_available, left_held;
  insert into trading.activity_intake (rank, entries, balances)
  values (
    1,
    jsonb_build_array(jsonb_build_object('client', client, 'event', jsonb_build_array(
      'transfer', of_currency, of_amount::text, 'deposit', new_deposit_id, 'in'))),
    array[row(client, of_currency, left_available, left_held)::trading.recorded_balance]);
  return 'credited';
end
$$;

grant insert (rank, entries, orders, balances) on trading.activity_intake to brokerx_orders;
