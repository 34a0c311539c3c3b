-- Double entry. A journal row moves a positive amount of one asset from one account's bucket to
-- another's, so a row that does not balance cannot be written. Clients have two buckets for each
-- asset: `available` and `held`. House accounts have one bucket and no stored balance; theirs is the
-- sum of the journal. Cash is counted in ten-thousandths of the currency, shares in units.
create table ledger.house_account (
  account_id uuid primary key,
  name text not null unique
);
insert into ledger.house_account (account_id, name) values
  ('00000000-0000-0000-0000-000000000001', 'bank'),
  ('00000000-0000-0000-0000-000000000002', 'custodian'),
  ('00000000-0000-0000-0000-000000000003', 'fees'),
  ('00000000-0000-0000-0000-000000000004', 'in_transit'),
  ('00000000-0000-0000-0000-000000000005', 'adjustments');

create table ledger.journal (
  journal_id bigint generated always as identity primary key,
  kind text not null,
  reference text not null,
  asset text not null,
  amount bigint not null,
  debit_account uuid not null,
  debit_bucket text not null,
  credit_account uuid not null,
  credit_bucket text not null,
  -- When the row was written, not when its transaction began. Each function locks the balance first, so
  -- the rows about a balance are dated in the order in which it changed.
  created_at timestamptz not null default clock_timestamp(),
  -- The assumed cost of shares that the house granted. A trade has its own price.
  cost bigint check (cost >= 0)
);

-- Entries that change what a client owns, in the order of a statement. Holds and releases move
-- money between the buckets of one client; they are most of the journal and are not in these
-- indexes.
create index journal_by_credit on ledger.journal (credit_account, created_at, journal_id)
  where debit_account <> credit_account;
create index journal_by_debit on ledger.journal (debit_account, created_at, journal_id)
  where debit_account <> credit_account;

-- For every statement that writes to the table, PostgreSQL parses the text of each check constraint
-- again. One function, compiled once a session, checks the same for less.
create function ledger.is_transfer(entry ledger.journal) returns boolean
language plpgsql immutable as $$
begin
  return entry.kind in (
      'deposit', 'withdrawal', 'withdrawal_return', 'adjustment', 'grant', 'hold', 'release', 'trade', 'fee', 'correction')
    and entry.asset ~ '^[A-Z]{1,6}$'
    and entry.amount > 0
    and entry.debit_bucket in ('available', 'held', 'house')
    and entry.credit_bucket in ('available', 'held', 'house')
    and (entry.debit_account, entry.debit_bucket) <> (entry.credit_account, entry.credit_bucket);
end
$$;
alter table ledger.journal add constraint journal_is_sound check (ledger.is_transfer(journal));

create trigger journal_is_append_only before update or delete or truncate on ledger.journal
  for each statement execute function ledger.refuse_change();
alter table ledger.journal enable always trigger journal_is_append_only;

-- The same rows in the form of accounting: two postings an entry, which sum to zero.
create view ledger.posting as
  select journal_id, kind, reference, debit_account as account_id, debit_bucket as bucket, asset,
    -amount as amount, created_at
  from ledger.journal
  union all
  select journal_id, kind, reference, credit_account, credit_bucket, asset, amount, created_at
  from ledger.journal;

grant select on ledger.journal to brokerx_orders, brokerx_matcher;
grant select on ledger.posting to brokerx_orders, brokerx_matcher;
