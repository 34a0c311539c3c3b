-- Orders whose owners will be notified by mail, one row for each settled batch; the notifier turns
-- them into notices.
create table trading.notice_outbox (
  outbox_id bigint generated always as identity primary key,
  order_ids uuid[] storage external not null,
  client_ids uuid[] storage external not null
    check (cardinality(client_ids) = cardinality(order_ids)),
  due_at timestamptz not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- A hundred fills of an order wait as one row.
create table trading.notice (
  order_id uuid primary key,
  client_id uuid not null,
  reported_quantity bigint not null default 0,
  due_at timestamptz not null
);
create index notice_by_due_time on trading.notice (due_at);

-- Until this time a client who was just sent a mail about orders gets no other.
create table trading.notice_pause (
  client_id uuid primary key,
  ends_at timestamptz not null
) with (fillfactor = 50);

grant select, delete on trading.notice_outbox to brokerx_notifier;
grant select, insert, update, delete on trading.notice, trading.notice_pause to brokerx_notifier;
