-- Credits a deposit once for each key. Returns `in_flight` while another request holds the key,
-- `kept` when the key already has an answer, `client_not_active` for an account that is suspended or closed, and
-- `over_limit` above the client's daily limit. The account is locked against its closing. The balance is
-- changed late, so that parallel deposits into one account block each other only briefly.
create function ledger.credit_deposit(
  client uuid, of_key text, print bytea, kept_answer text, new_deposit_id uuid, of_amount bigint,
  of_currency text, made_at timestamptz, correlation text)
returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  bank constant uuid := (select account_id from ledger.house_account where name = 'bank');
  left_available bigint;
  left_held bigint;
  account_status text;
  day_limit bigint;
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
  select status, max_daily_deposits into account_status, day_limit
  from trading.account
  where client_id = client
  for key share;
  if account_status <> 'active' then
    delete from ledger.idempotency_key
    where client_id = client and operation = 'deposit' and key = of_key;
    return 'client_not_active';
  end if;
  if of_amount <= day_limit then
    insert into ledger.deposit_day (client_id, day, total)
    values (client, (made_at at time zone 'UTC')::date, of_amount)
    on conflict (client_id, day) do update
    set total = deposit_day.total + excluded.total
    where deposit_day.total + excluded.total <= day_limit;
  end if;
  if of_amount > day_limit or not found then
    delete from ledger.idempotency_key
    where client_id = client and operation = 'deposit' and key = of_key;
    return 'over_limit';
  end if;
  insert into ledger.deposit (deposit_id, client_id, amount, currency, created_at)
  values (new_deposit_id, client, of_amount, of_currency, made_at);
  insert into trading.audit (client_id, action, subject, correlation_id)
  values (client, 'deposit_credited', new_deposit_id::text, correlation);
  update ledger.balance
  set available = available + of_amount
  from trading.account
  where balance.client_id = client
    and asset = of_currency
    and account.client_id = client
    and currency = of_currency
  returning available, held into strict left_available, left_held;
  insert into ledger.journal (
    kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket)
  values (
    'deposit', new_deposit_id::text, of_currency, of_amount, bank, 'house', client, 'available');
  insert into trading.activity_outbox (transfers, balances)
  values (
    array[row(client, of_currency, of_amount, 'deposit', new_deposit_id, 'in')::trading.recorded_transfer],
    array[row(client, of_currency, left_available, left_held)::trading.recorded_balance]);
  return 'credited';
end
$$;
revoke execute on function ledger.credit_deposit from public;
grant execute on function ledger.credit_deposit to brokerx_orders;
