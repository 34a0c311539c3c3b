-- Deposits as clients see them; the money is the journal row with the same reference.
create table ledger.deposit (
  deposit_id uuid primary key,
  client_id uuid not null,
  amount bigint not null check (amount between 100 and 10000000000 and amount % 100 = 0),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  created_at timestamptz not null default now()
);
create index deposit_by_client on ledger.deposit (client_id, deposit_id);

-- The sum of each client's deposits on a day (UTC), for the daily limit.
create table ledger.deposit_day (
  client_id uuid not null,
  day date not null,
  total bigint not null check (total > 0),
  primary key (client_id, day)
) with (fillfactor = 50);
grant select on ledger.deposit_day to brokerx_orders;

-- One row for each Idempotency-Key, written in the transaction of the request. `answer` is the
-- first answer, byte for byte.
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

-- Written by functions only: `ledger.credit_deposit`, `ledger.purge_idempotency_keys`.
grant select on ledger.deposit, ledger.idempotency_key to brokerx_orders;
