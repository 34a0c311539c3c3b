-- The journal only grows and its rows never change, so rows that were summed once need not be
-- summed again. A checkpoint is the sum of all rows up to one row; comparing balances with the
-- journal starts there.
create table ledger.checkpoint (
  only_one boolean primary key default true check (only_one),
  until_journal bigint not null default 0,
  -- The position of the next checkpoint, and the transactions that must have ended before: a row
  -- below it may still be uncommitted.
  next_journal bigint not null default 0 check (next_journal >= until_journal),
  next_xmax xid8 not null default '0',
  marked_at timestamptz not null default '-infinity'
);
insert into ledger.checkpoint default values;

create table ledger.checkpoint_balance (
  account_id uuid not null,
  asset text not null,
  available bigint not null,
  held bigint not null,
  primary key (account_id, asset)
) with (fillfactor = 50);

-- The sums of the clients' journal rows after one row, up to another.
create function ledger.fold(after_journal bigint, until_journal bigint)
returns table (account_id uuid, asset text, available bigint, held bigint)
language sql stable as $$
  select account_id, asset,
    coalesce(sum(amount) filter (where bucket = 'available'), 0)::bigint,
    coalesce(sum(amount) filter (where bucket = 'held'), 0)::bigint
  from ledger.posting
  where journal_id > after_journal and journal_id <= until_journal and bucket <> 'house'
  group by account_id, asset
$$;

-- The same result as `ledger.imbalance`, computed from the checkpoint.
create view ledger.recent_imbalance as
  with folded as (
    select account_id, asset, sum(available)::bigint as available, sum(held)::bigint as held
    from (
      select account_id, asset, available, held from ledger.checkpoint_balance
      union all
      select fold.*
      from ledger.checkpoint
      cross join lateral ledger.fold(until_journal, 9223372036854775807) as fold
    ) as part
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

grant select, update on ledger.checkpoint to brokerx_matcher;
grant select, insert, update on ledger.checkpoint_balance to brokerx_matcher;
grant select on ledger.recent_imbalance to brokerx_matcher;
