-- Double entry. A journal row moves a positive amount of one asset from one account's bucket to
-- another's, so a row that does not balance cannot be written. Clients have two buckets an asset:
-- `available` and `held`. House accounts have one and no stored balance: theirs is the fold.
-- Cash is counted in ten-thousandths of the currency, shares in units; the asset tells which.
create table ledger.house_account (
  account_id uuid primary key,
  name text not null unique
);
insert into ledger.house_account (account_id, name) values
  ('00000000-0000-0000-0000-000000000001', 'bank'),
  ('00000000-0000-0000-0000-000000000002', 'custodian'),
  ('00000000-0000-0000-0000-000000000003', 'fees');

create table ledger.journal (
  journal_id bigint generated always as identity primary key,
  kind text not null check (kind in ('deposit', 'withdrawal', 'grant', 'hold', 'release', 'trade', 'fee', 'correction')),
  reference text not null,
  asset text not null check (asset ~ '^[A-Z]{1,6}$'),
  amount bigint not null check (amount > 0),
  debit_account uuid not null,
  debit_bucket text not null check (debit_bucket in ('available', 'held', 'house')),
  credit_account uuid not null,
  credit_bucket text not null check (credit_bucket in ('available', 'held', 'house')),
  created_at timestamptz not null default now(),
  check ((debit_account, debit_bucket) <> (credit_account, credit_bucket))
);
create index journal_by_debit_account on ledger.journal (debit_account, journal_id);
create index journal_by_credit_account on ledger.journal (credit_account, journal_id);

create trigger journal_is_append_only before update or delete or truncate on ledger.journal
  for each statement execute function ledger.refuse_change();

-- The same rows as an accountant reads them: two postings an entry, summing to zero.
create view ledger.posting as
  select journal_id, kind, reference, debit_account as account_id, debit_bucket as bucket, asset, -amount as amount, created_at
  from ledger.journal
  union all
  select journal_id, kind, reference, credit_account, credit_bucket, asset, amount, created_at
  from ledger.journal;

-- What each client has, kept equal to the fold of the journal. `cost` is what the shares owned were
-- bought for (average cost basis) and `realized_pnl` what sales have earned so far; both are money.
create table ledger.balance (
  client_id uuid not null,
  asset text not null check (asset ~ '^[A-Z]{1,6}$'),
  available bigint not null default 0 check (available >= 0),
  held bigint not null default 0 check (held >= 0),
  cost bigint not null default 0 check (cost >= 0),
  realized_pnl bigint not null default 0,
  primary key (client_id, asset)
) with (fillfactor = 50);

-- Every (client, asset) whose stored balance differs from its journal: always empty.
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

-- Deposits as the client sees them; the money itself is the journal row with the same reference.
create table ledger.deposit (
  deposit_id uuid primary key,
  client_id uuid not null,
  amount bigint not null check (amount between 100 and 10000000000 and amount % 100 = 0),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  created_at timestamptz not null default now()
);
create index deposit_by_client on ledger.deposit (client_id, deposit_id);

-- One row an Idempotency-Key, written in the transaction of its effect. `answer` is the first
-- answer, byte for byte.
create table ledger.idempotency_key (
  client_id uuid not null,
  operation text not null,
  key text not null check (length(key) between 1 and 255),
  fingerprint bytea not null check (length(fingerprint) = 32),
  status smallint,
  answer text,
  created_at timestamptz not null default now(),
  primary key (client_id, operation, key)
);
create index idempotency_key_by_age on ledger.idempotency_key (created_at);

grant select, insert on ledger.journal to brokerx_orders, brokerx_matcher;
grant select, insert, update on ledger.balance to brokerx_orders, brokerx_matcher;
grant select, insert on ledger.balance to brokerx_identity;
grant select, insert on ledger.deposit to brokerx_orders;
grant select, insert, update, delete on ledger.idempotency_key to brokerx_orders;
grant select (created_at), delete on ledger.idempotency_key to brokerx_notifier;
grant select on ledger.posting, ledger.imbalance to brokerx_orders, brokerx_matcher;
