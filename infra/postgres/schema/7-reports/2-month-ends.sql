-- The SHA-256 of each monthly statement as JSON, written once after the end of the month. The
-- statement can be made again at any time and must have the same hash.
create table ledger.month_end (
  client_id uuid not null,
  month date not null check (month = date_trunc('month', month)),
  sha256 bytea not null check (length(sha256) = 32),
  made_at timestamptz not null default now(),
  primary key (client_id, month)
);
create trigger month_end_is_append_only before update or delete or truncate on ledger.month_end
  for each statement execute function ledger.refuse_change();
alter table ledger.month_end enable always trigger month_end_is_append_only;

-- The worker makes these statements and mails that they are ready.
grant select, insert on ledger.month_end to brokerx_notifier;
grant select (verified_at) on identity.client to brokerx_notifier;
grant select on ledger.journal, ledger.balance to brokerx_notifier;
grant select on trading."order", trading.amendment, trading.account
  to brokerx_notifier;
