-- Requests a replace: marks the order, adds the extra hold, and writes the amendment, the command
-- and the audit row. Returns false when the order is not as the client saw it, has another request
-- pending, or still waits for the market to open. Raises BX001 when the extra amount is not
-- available, BX002 when the client has used up its allowance of orders, BX003 when the client is not
-- active, and BX004 when the matcher cannot count the new terms in the present ticks and lots. Locks
-- the account, the balance and the order in this sequence, as every process does.
create function trading.request_replace(
  request trading.amendment, hold_asset text, version integer, command json)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  changed_order trading.recorded_order;
  changed_balance trading.recorded_balance;
  allowance record;
begin
  perform from trading.account
  where client_id = request.client_id and status = 'active' for no key update;
  if not found then
    raise exception 'the client is not active' using errcode = 'BX003';
  end if;
  perform from ledger.balance
  where client_id = request.client_id and asset = hold_asset for no key update;
  select spent.* into allowance
  from trading.account,
    lateral trading.order_allowance(
      (select max(order_allowance_full_at) from ledger.balance
        where balance.client_id = request.client_id),
      max_orders_per_second, max_order_burst) as spent
  where account.client_id = request.client_id;
  if allowance.orders_left < 1 then
    raise exception 'too many orders at once' using errcode = 'BX002';
  end if;

  update trading."order"
  set pending_action = 'pending_replace', pending_amendment = request.amendment_id,
    extra_held = request.extra_held, lock_version = lock_version + 1, updated_at = now()
  where order_id = request.order_id
    and client_id = request.client_id
    and not closed
    and pending_action is null
    and lock_version = version
    and not exists (select from trading.waiting where waiting.order_id = request.order_id)
  returning (trading.recorded("order")).* into changed_order;
  if not found then
    return false;
  end if;

  -- The order is open and locked, and tick and lot do not change while the symbol has an open order.
  -- So what is read here holds until the command is committed.
  perform
  from trading."order"
  join market.instrument using (symbol)
  where order_id = request.order_id
    and (not trading.is_in_ticks((command ->> 'collarPrice')::bigint, tick_size)
      or not trading.is_in_ticks(request.new_stop_price, tick_size)
      or request.new_quantity % lot_size <> 0);
  if found then
    raise exception 'the new terms are not in whole ticks and lots' using errcode = 'BX004';
  end if;

  update ledger.balance
  set available = available - request.extra_held, held = held + request.extra_held,
    order_allowance_full_at = allowance.full_at + allowance.spacing
  where client_id = request.client_id and asset = hold_asset and available >= request.extra_held
  returning client_id, asset, available, held into changed_balance;
  if not found then
    raise exception 'not enough available to hold' using errcode = 'BX001';
  end if;
  if request.extra_held > 0 then
    insert into ledger.journal (
      kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket)
    values (
      'hold', request.order_id::text, hold_asset, request.extra_held, request.client_id, 'available',
      request.client_id, 'held');
  end if;

  insert into trading.amendment select request.*;
  insert into trading.outbox (symbol, command)
  select symbol, request_replace.command from trading."order" where order_id = request.order_id;
  insert into trading.audit (client_id, action, subject, correlation_id)
  values (
    request.client_id, 'order_replace_requested', request.order_id::text, request.correlation_id);
  insert into trading.activity_outbox (orders, balances)
  values (
    array[changed_order],
    case when request.extra_held > 0 then array[changed_balance] end);
  return true;
end
$$;
revoke execute on function trading.request_replace from public;
grant execute on function trading.request_replace to brokerx_orders;
