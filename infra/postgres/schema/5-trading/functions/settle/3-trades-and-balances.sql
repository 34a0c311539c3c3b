-- Changes balances in the given order, and returns them for the activities. Raises BX004 when a
-- position differs from the one that the trades were computed from: another process has changed it.
create function trading.change_balances(of_symbol text, changes trading.balance_change[])
returns trading.recorded_balance[]
language plpgsql as $$
declare
  recorded trading.recorded_balance[];
begin
  with written as (
    update ledger.balance
    set available = balance.available + change.available,
      held = balance.held + change.held,
      open_orders = open_orders - change.ended_orders,
      cost = coalesce(change.cost, balance.cost),
      realized_pnl = coalesce(change.realized_pnl, balance.realized_pnl)
    from unnest(changes) as change
    where balance.client_id = change.client_id
      and balance.asset = change.asset
      and (change.owned_before is null
        or (balance.available + balance.held, balance.cost, balance.realized_pnl)
          = (change.owned_before, change.cost_before, change.pnl_before))
    returning balance.client_id, balance.asset, balance.available, balance.held
  )
  select array_agg(row(client_id, asset, available, held)::trading.recorded_balance)
  into recorded
  from written;
  if coalesce(cardinality(recorded), 0) <> cardinality(changes) then
    raise exception 'a balance that % settles has changed since it was read', of_symbol
      using errcode = 'BX004';
  end if;
  return recorded;
end
$$;

-- The two sides of each trade, for the activities, in the order of the trades.
create function trading.fills_of(trades trading.trade[]) returns trading.recorded_fill[]
language plpgsql immutable as $$
begin
  return array(
    select row(client_id, trade_id, side)::trading.recorded_fill
    from unnest(trades)
    cross join lateral (values (buyer_id, 'buy'), (seller_id, 'sell')) as party (client_id, side)
    order by seq, trading.trade_index(trade_id), side);
end
$$;

-- Adds trades to the candles of their minute and hour. The batches of a symbol are settled one
-- after the other, so everything in a candle was traded earlier.
create function market.add_to_candles(trades trading.trade[]) returns void
language plpgsql as $$
begin
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
  from unnest(trades)
  cross join (values (60), (3600)) as span (seconds)
  group by symbol, seconds, opens_at
  on conflict (symbol, seconds, opens_at) do update set
    high = greatest(candle.high, excluded.high),
    low = least(candle.low, excluded.low),
    close = excluded.close,
    volume = candle.volume + excluded.volume,
    trades = candle.trades + excluded.trades;
end
$$;
