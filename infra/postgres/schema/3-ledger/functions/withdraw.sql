-- Moves cash between a client and the house account in transit: balance, journal row and activity.
-- Returns false, and changes nothing, when the client has too little available.
create function ledger.move_in_transit(
  client uuid, of_asset text, of_amount bigint, of_withdrawal uuid, way text)
returns boolean
language plpgsql as $$
declare
  transit constant uuid := (select account_id from ledger.house_account where name = 'in_transit');
  kind constant text := case way when 'in' then 'withdrawal_return' else 'withdrawal' end;
  change constant bigint := case way when 'in' then of_amount else -of_amount end;
  left_available bigint;
  left_held bigint;
begin
  update ledger.balance
  set available = available + change
  where client_id = client and asset = of_asset and available + change >= 0
  returning available, held into left_available, left_held;
  if not found then
    return false;
  end if;
  insert into ledger.journal (
    kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket)
  select kind, of_withdrawal::text, of_asset, of_amount,
    case way when 'in' then transit else client end,
    case way when 'in' then 'house' else 'available' end,
    case way when 'in' then client else transit end,
    case way when 'in' then 'available' else 'house' end;
  insert into trading.activity_outbox (transfers, balances)
  values (
    array[row(client, of_asset, of_amount, kind, of_withdrawal::text, way)::trading.recorded_transfer],
    array[row(client, of_asset, left_available, left_held)::trading.recorded_balance]);
  return true;
end
$$;
revoke execute on function ledger.move_in_transit from public;

-- Takes the cash of a withdrawal out of the available balance, once for each key. A refusal frees
-- the key.
create function ledger.request_withdrawal(
  client uuid, of_key text, print bytea, kept_answer text, new_withdrawal_id uuid, of_amount bigint,
  of_currency text, made_at timestamptz, correlation text, pending_max integer)
returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  refusal text;
  begun ledger.withdrawal;
begin
  if not pg_try_advisory_xact_lock(
    hashtextextended('withdrawal ' || client::text || ' ' || of_key, 0)) then
    return 'in_flight';
  end if;
  insert into ledger.idempotency_key (client_id, operation, key, fingerprint, status, answer)
  values (client, 'withdrawal', of_key, print, 201, kept_answer)
  on conflict do nothing;
  if not found then
    return 'kept';
  end if;
  perform from trading.account where client_id = client and status = 'active' for key share;
  if not found then
    refusal := 'client_not_active';
  end if;
  perform from ledger.balance where client_id = client and asset = of_currency for update;
  if refusal is not null then
    null;
  elsif (select count(*) from ledger.withdrawal
      where client_id = client and status = 'pending') >= pending_max then
    refusal := 'too_many_withdrawals';
  elsif not ledger.move_in_transit(client, of_currency, of_amount, new_withdrawal_id, 'out') then
    refusal := 'insufficient_funds';
  end if;
  if refusal is not null then
    delete from ledger.idempotency_key
    where client_id = client and operation = 'withdrawal' and key = of_key;
    return refusal;
  end if;
  insert into ledger.withdrawal (
    withdrawal_id, client_id, amount, currency, correlation_id, created_at, updated_at)
  values (new_withdrawal_id, client, of_amount, of_currency, correlation, made_at, made_at)
  returning * into begun;
  insert into trading.activity_outbox (withdrawals) values (array[trading.recorded(begun)]);
  return 'begun';
end
$$;
revoke execute on function ledger.request_withdrawal from public;
grant execute on function ledger.request_withdrawal to brokerx_orders;

-- Ends a pending withdrawal: the cash goes to the bank, or returns to the client. Returns false,
-- and changes nothing, when the withdrawal has already ended.
create function ledger.end_withdrawal(of_withdrawal uuid, new_status text, why text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  ended ledger.withdrawal;
begin
  update ledger.withdrawal
  set status = new_status, reason = why, updated_at = now()
  where withdrawal_id = of_withdrawal and status = 'pending' and new_status <> 'pending'
  returning * into ended;
  if not found then
    return false;
  end if;
  if new_status = 'completed' then
    insert into ledger.journal (
      kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket)
    select 'withdrawal', of_withdrawal::text, ended.currency, ended.amount, transit.account_id,
      'house', bank.account_id, 'house'
    from ledger.house_account as transit, ledger.house_account as bank
    where transit.name = 'in_transit' and bank.name = 'bank';
  elsif not ledger.move_in_transit(
    ended.client_id, ended.currency, ended.amount, of_withdrawal, 'in') then
    raise 'withdrawal % has no balance to come back to', of_withdrawal;
  end if;
  insert into trading.activity_outbox (withdrawals) values (array[trading.recorded(ended)]);
  return true;
end
$$;
revoke execute on function ledger.end_withdrawal from public;
grant execute on function ledger.end_withdrawal to brokerx_scheduler;

-- The service for clients can cancel a withdrawal, but it cannot claim that the bank was paid.
create function ledger.cancel_withdrawal(of_withdrawal uuid, why text) returns boolean
language sql security definer set search_path = pg_catalog, pg_temp
begin atomic
  select ledger.end_withdrawal(of_withdrawal, 'cancelled', why);
end;
revoke execute on function ledger.cancel_withdrawal from public;
grant execute on function ledger.cancel_withdrawal to brokerx_orders, brokerx_scheduler;
