-- Orders that change on their way. A replace is asked for in one transaction and decided in another,
-- by the matcher; in between the order stands as it was, and what its new terms need on top is held
-- already, in a column of its own: `held` stays the matcher's alone. `pending_amendment` is the replace on
-- its way, or the one that was when the order ended. A stop is dormant until triggered.
alter table trading."order"
  add column pending_amendment uuid,
  add column extra_held bigint not null default 0 check (extra_held >= 0),
  add column triggered boolean not null default false,
  add check (extra_held = 0 or pending_amendment is not null),
  add check (pending_amendment is null or pending_action is not null or closed),
  add check (not closed or extra_held = 0),
  add check ((order_type in ('stop', 'stop_limit')) = (stop_price is not null)),
  add check ((time_in_force = 'GTD') = (expires_at is not null));

-- One row a replace: what the order was, what it was to become, and what came of it.
create table trading.amendment (
  amendment_id uuid primary key,
  order_id uuid not null,
  client_id uuid not null,
  status text not null default 'requested' check (status in ('requested', 'applied', 'refused')),
  reason text check ((reason is not null) = (status = 'refused')),
  old_quantity bigint not null check (old_quantity > 0),
  old_price bigint,
  old_stop_price bigint,
  new_quantity bigint not null check (new_quantity > 0),
  new_price bigint,
  new_stop_price bigint,
  extra_held bigint not null check (extra_held >= 0),
  correlation_id text not null,
  created_at timestamptz not null default now(),
  decided_at timestamptz check ((decided_at is null) = (status = 'requested'))
);
create index amendment_by_order on trading.amendment (order_id, amendment_id);
-- Two replaces of one order cannot be on their way at once.
create unique index amendment_in_flight on trading.amendment (order_id) where status = 'requested';

create function trading.keep_decided_amendments() returns trigger
language plpgsql as $$
begin
  raise exception 'amendment % is % and cannot change', old.amendment_id, old.status using errcode = 'check_violation';
end
$$;
create trigger amendment_decided_never_changes before update on trading.amendment
  for each row when (old.status <> 'requested') execute function trading.keep_decided_amendments();

-- Orders that end by the clock, by when.
create index order_by_expiry on trading."order" (expires_at) where not closed and expires_at is not null;

create or replace view trading.hold_drift as
  with needed as (
    select
      client_id,
      case direction when 'buy' then currency else "order".symbol end as asset,
      sum(held + extra_held) as held
    from trading."order"
    join market.instrument using (symbol)
    where not closed
    group by 1, 2
  )
  select
    coalesce(balance.client_id, needed.client_id) as client_id,
    coalesce(balance.asset, needed.asset) as asset,
    coalesce(balance.held, 0) - coalesce(needed.held, 0) as drift
  from ledger.balance
  full join needed on needed.client_id = balance.client_id and needed.asset = balance.asset
  where coalesce(balance.held, 0) <> coalesce(needed.held, 0);

-- Every open order that holds something else than its terms need, and every order that does not know
-- of the replace that is on its way: always empty.
create view trading.hold_fault as
  select order_id, 'holds other than it needs' as fault
  from trading."order"
  where not closed
    and held <> case direction when 'buy' then hold_price * open_quantity else open_quantity end
  union all
  select order_id, 'disagrees with its replace'
  from trading."order"
  full join (select * from trading.amendment where status = 'requested') as asked using (order_id)
  where (case when not closed then pending_amendment end) is distinct from amendment_id
    or coalesce("order".extra_held, 0) <> coalesce(asked.extra_held, 0);

grant select, insert on trading.amendment to brokerx_orders;
grant select, update on trading.amendment to brokerx_matcher;
grant select on trading.hold_fault to brokerx_orders, brokerx_matcher;
