-- An order as it was after a change: what cannot change stands in its row.
create function trading.record_orders() returns trigger
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

create function ledger.record_balances() returns trigger
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

-- The statements of a symbol come one after the other, so what is there was traded before.
create function trading.record_trades() returns trigger
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

-- A function that records its own changes, in one row, says so with the setting for as long as it runs.
create trigger order_is_recorded_when_placed after insert on trading."order"
  referencing new table as changed for each statement
  when (current_setting('brokerx.records_itself', true) is distinct from 'on')
  execute function trading.record_orders();
create trigger order_is_recorded_when_changed after update on trading."order"
  referencing new table as changed for each statement
  when (current_setting('brokerx.records_itself', true) is distinct from 'on')
  execute function trading.record_orders();
create trigger balance_is_recorded_when_opened after insert on ledger.balance
  referencing new table as changed for each statement execute function ledger.record_balances();
create trigger balance_is_recorded_when_changed after update on ledger.balance
  referencing new table as changed for each statement
  when (current_setting('brokerx.records_itself', true) is distinct from 'on')
  execute function ledger.record_balances();
create trigger transfer_is_recorded after insert on ledger.journal
  for each row
  when (new.kind not in ('hold', 'release', 'trade')
    and current_setting('brokerx.records_itself', true) is distinct from 'on')
  execute function ledger.record_transfer();
create trigger trade_is_recorded after insert on trading.trade
  referencing new table as made for each statement execute function trading.record_trades();
