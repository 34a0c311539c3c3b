-- The balances of each client, always equal to the sum of the journal. `cost` is what the owned
-- shares were bought for (average cost) and `realized_pnl` the realised gain of earlier sales; both
-- are money. `open_orders` counts the open orders with a hold in this asset: the order is counted
-- in a row that is written anyway, and a client's number of open orders is the sum of a few rows.
-- The allowance of orders is stored in the same way: the latest value of a client's rows counts
-- (see trading.order_allowance).
create table ledger.balance (
  client_id uuid not null,
  asset text not null,
  available bigint not null default 0,
  held bigint not null default 0,
  cost bigint not null default 0,
  realized_pnl bigint not null default 0,
  open_orders integer not null default 0,
  order_allowance_full_at timestamptz not null default '-infinity',
  primary key (client_id, asset),
  -- One expression, because each constraint of a table is parsed again for every statement that
  -- writes to it.
  constraint balance_is_sound
    check (least(available, held, cost, open_orders) >= 0 and asset ~ '^[A-Z]{1,6}$')
) with (fillfactor = 50);

-- Every balance that differs from its journal; always empty.
create view ledger.imbalance as
  with folded as (
    select
      account_id,
      asset,
      sum(amount) filter (where bucket = 'available') as available,
      sum(amount) filter (where bucket = 'held') as held
    from ledger.posting
    where bucket <> 'house'
    group by account_id, asset
  )
  select
    coalesce(balance.client_id, folded.account_id) as client_id,
    coalesce(balance.asset, folded.asset) as asset,
    coalesce(balance.available, 0) - coalesce(folded.available, 0) as available_drift,
    coalesce(balance.held, 0) - coalesce(folded.held, 0) as held_drift
  from ledger.balance
  full join folded on folded.account_id = balance.client_id and folded.asset = balance.asset
  where coalesce(balance.available, 0) <> coalesce(folded.available, 0)
     or coalesce(balance.held, 0) <> coalesce(folded.held, 0);

grant select on ledger.balance
  to brokerx_identity, brokerx_orders, brokerx_matcher, brokerx_admin, brokerx_scheduler;
-- A new balance is empty.
grant insert (client_id, asset) on ledger.balance to brokerx_identity, brokerx_matcher;
grant select on ledger.imbalance to brokerx_orders, brokerx_matcher;
