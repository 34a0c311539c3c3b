-- One row for each action that matters for security or money: who, what, which, when. Rows are
-- written without a link to each other, so that no writer waits for another. A single sealer chains
-- them in blocks: all rows of the transactions that ended before the oldest running transaction. A
-- transaction number below that gets no new rows, so a block is complete however late a row was
-- committed.
create table trading.audit (
  audit_id bigint generated always as identity,
  xact bigint not null default (pg_current_xact_id()::text::bigint),
  client_id uuid,
  action text not null,
  subject text not null,
  correlation_id text not null,
  facts jsonb not null default '{}',
  created_at timestamptz not null default now(),
  primary key (xact, audit_id)
);
-- Operators list the adjustments of balances, newest first.
create index audit_adjustments on trading.audit ((facts ->> 'adjustmentId'))
  where action = 'balance_adjusted';
create trigger audit_is_append_only before update or delete or truncate on trading.audit
  for each statement execute function ledger.refuse_change();
alter table trading.audit enable always trigger audit_is_append_only;

create table trading.audit_block (
  block_no bigint primary key check (block_no > 0),
  until_xact bigint not null,
  row_ids bigint[] not null check (cardinality(row_ids) > 0),
  row_hashes bytea not null check (length(row_hashes) = 32 * cardinality(row_ids)),
  previous_hash bytea not null check (length(previous_hash) = 32),
  hash bytea not null check (length(hash) = 32),
  sealed_at timestamptz not null default now()
);
create trigger audit_block_is_append_only before update or delete or truncate on trading.audit_block
  for each statement execute function ledger.refuse_change();
alter table trading.audit_block enable always trigger audit_block_is_append_only;

-- Not the transaction, the number or the time, so that no service can write a row into a sealed
-- block.
grant insert (client_id, action, subject, correlation_id, facts) on trading.audit
  to brokerx_identity, brokerx_orders, brokerx_matcher, brokerx_admin, brokerx_scheduler;
grant select on trading.audit to brokerx_orders, brokerx_admin, brokerx_scheduler;
grant select, insert on trading.audit_block to brokerx_scheduler;
