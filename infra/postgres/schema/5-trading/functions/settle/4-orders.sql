-- Writes the orders of a batch. Returns them for the activities, with the replaces that were
-- requested for an order before it ended and have not reached the matcher. An order that was only
-- acknowledged keeps its `lock_version`, because its client may still use the version it was given.
create function trading.change_orders(
  changes trading.order_change[], settled_at timestamptz,
  out recorded trading.recorded_order[], out overtaken uuid[])
language plpgsql as $$
begin
  with written as (
    update trading."order"
    set quantity = next.quantity,
      price = case when price is not null then next.collar_price end,
      collar_price = next.collar_price,
      stop_price = next.stop_price,
      status = next.status,
      closed = next.closed,
      triggered = next.triggered,
      reason = next.reason,
      pending_action = case
        when next.closed then null
        when next.amendment_id is null then pending_action
        else nullif(pending_action, 'pending_replace')
      end,
      pending_amendment = nullif(pending_amendment, next.amendment_id),
      extra_held = case when next.closed or next.amendment_id is not null then 0 else extra_held end,
      filled_quantity = next.filled_quantity,
      open_quantity = next.open_quantity,
      cancelled_quantity = next.cancelled_quantity,
      expired_quantity = next.expired_quantity,
      prevented_quantity = next.prevented_quantity,
      filled_notional = next.filled_notional,
      held = next.held,
      engine_order = next.engine_order,
      queue_position = next.queue_position,
      lock_version = lock_version + case
        when "order".status = 'new' and next.status = 'working' and next.amendment_id is null
          and next.reason is null and next.prevented_quantity = 0 then 0
        else 1
      end,
      updated_at = settled_at
    from unnest(changes) as next
    where "order".order_id = next.order_id
    returning trading.recorded("order") as order_state,
      case when "order".closed then pending_amendment end as overtaken_amendment
  )
  select array_agg(order_state),
    array_agg(overtaken_amendment) filter (where overtaken_amendment is not null)
  into recorded, overtaken
  from written;
  if coalesce(cardinality(recorded), 0) <> cardinality(changes) then
    raise exception 'an order that is settled does not exist';
  end if;
end
$$;

-- Inserts the orders that the batch left in the book, and deletes those that it ended.
create function trading.move_resting_orders(of_symbol text, changes trading.order_change[])
returns void
language plpgsql as $$
declare
  removed integer;
begin
  insert into trading.resting_order (symbol, order_id, expires_at)
  select of_symbol, next.order_id, expires_at
  from unnest(changes) as next
  join trading."order" on "order".order_id = next.order_id
  where not next.closed and not next.rested;

  delete from trading.resting_order
  using unnest(changes) as next
  where resting_order.symbol = of_symbol and resting_order.order_id = next.order_id and next.closed;
  get diagnostics removed = row_count;
  if removed <> (select count(*) from unnest(changes) where rested and closed) then
    raise exception 'an order that ended was not in the book of %', of_symbol;
  end if;
end
$$;

-- Records which replaces were applied and which were refused.
create function trading.decide_replaces(changes trading.order_change[], decided timestamptz)
returns void
language plpgsql as $$
declare
  noted integer;
begin
  update trading.amendment
  set status = case when refusal is null then 'applied' else 'refused' end,
    reason = refusal,
    decided_at = decided
  from unnest(changes) as next
  where amendment.amendment_id = next.amendment_id;
  get diagnostics noted = row_count;
  if noted <> (select count(amendment_id) from unnest(changes)) then
    raise exception 'a replace that was decided was never requested';
  end if;
end
$$;

-- Refuses replaces of orders that ended before the matcher received them, and releases their extra
-- hold. The balances are already locked, because the orders ended.
create function trading.refuse_replaces(batch trading.settled_batch, overtaken uuid[]) returns void
language plpgsql as $$
begin
  with refused as (
    update trading.amendment
    set status = 'refused', reason = 'order_over', decided_at = batch.settled_at
    where amendment_id = any(overtaken)
    returning order_id, client_id, extra_held
  ), freed as (
    select order_id, refused.client_id, refused.extra_held as amount,
      case direction when 'buy' then batch.currency else batch.symbol end as asset
    from refused
    join trading."order" using (order_id)
    where refused.extra_held > 0
  ), journalled as (
    insert into ledger.journal (
      kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket,
      created_at)
    select 'release', order_id::text, asset, amount, client_id, 'held', client_id, 'available',
      batch.settled_at
    from freed
  ), released as (
    update ledger.balance
    set available = available + freed.amount, held = held - freed.amount
    from (
      select client_id, asset, sum(amount)::bigint as amount from freed group by client_id, asset
    ) as freed
    where balance.client_id = freed.client_id and balance.asset = freed.asset
    returning balance.client_id, balance.asset, available, held
  )
  insert into trading.activity_outbox (balances)
  select array_agg(row(client_id, asset, available, held)::trading.recorded_balance)
  from released
  having count(*) > 0;
end
$$;
