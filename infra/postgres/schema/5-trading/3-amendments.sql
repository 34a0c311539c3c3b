-- One row for each replace: the terms before, the terms requested, and the outcome.
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
-- Two replaces of one order cannot be pending at once.
create unique index amendment_in_flight on trading.amendment (order_id) where status = 'requested';

create function trading.keep_decided_amendments() returns trigger
language plpgsql as $$
begin
  raise exception 'amendment % is % and cannot change', old.amendment_id, old.status using errcode = 'check_violation';
end
$$;
create trigger amendment_decided_never_changes before update on trading.amendment
  for each row when (old.status <> 'requested') execute function trading.keep_decided_amendments();
alter table trading.amendment enable always trigger amendment_decided_never_changes;

grant select on trading.amendment to brokerx_orders;
