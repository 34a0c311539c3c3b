-- Views of violated invariants: all but the first are always empty.

-- Every open order: it rests in a book, waits for its market, or is on its way to the matcher.
create view trading.open_order as
  select order_id from trading.resting_order
  union all
  select order_id from trading.waiting
  union all
  select (command->>'orderId')::uuid from trading.outbox where command->>'type' = 'place'
  union all
  select (command->>'orderId')::uuid
  from trading.book
  join trading.command on command.symbol = book.symbol and seq > settled_seq
  where command->>'type' = 'place';

-- Every asset of a client whose hold or number of open orders differs from what its open orders
-- need.
create view trading.hold_drift as
  with needed as (
    select
      client_id,
      case direction when 'buy' then currency else "order".symbol end as asset,
      sum(held + extra_held) as held,
      count(*) as orders
    from trading.open_order
    join trading."order" using (order_id)
    join market.instrument using (symbol)
    group by 1, 2
  )
  select
    coalesce(balance.client_id, needed.client_id) as client_id,
    coalesce(balance.asset, needed.asset) as asset,
    coalesce(balance.held, 0) - coalesce(needed.held, 0) as drift,
    coalesce(balance.open_orders, 0) - coalesce(needed.orders, 0) as count_drift
  from ledger.balance
  full join needed on needed.client_id = balance.client_id and needed.asset = balance.asset
  where coalesce(balance.held, 0) <> coalesce(needed.held, 0)
     or coalesce(balance.open_orders, 0) <> coalesce(needed.orders, 0);

-- Every open order whose hold differs from what its terms need, and every order that disagrees with
-- its pending replace.
create view trading.hold_fault as
  select order_id, 'holds other than it needs' as fault
  from trading.open_order
  join trading."order" using (order_id)
  where held <> case direction when 'buy' then collar_price * open_quantity else open_quantity end
  union all
  select order_id, 'disagrees with its replace'
  from trading.open_order
  join trading."order" using (order_id)
  full join (select * from trading.amendment where status = 'requested') as asked using (order_id)
  where (case when not closed then pending_amendment end) is distinct from amendment_id
    or coalesce("order".extra_held, 0) <> coalesce(asked.extra_held, 0);

grant select on trading.open_order, trading.hold_drift, trading.hold_fault
  to brokerx_orders, brokerx_matcher;
