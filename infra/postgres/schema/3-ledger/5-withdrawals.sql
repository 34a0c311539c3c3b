-- Withdrawals as clients see them; the money is in the journal under the same reference. The cash
-- of a pending withdrawal is in the house account `in_transit` until the payment provider decides.
create table ledger.withdrawal (
  withdrawal_id uuid primary key,
  client_id uuid not null,
  amount bigint not null check (amount between 100 and 10000000000 and amount % 100 = 0),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  status text not null default 'pending' check (
    status in ('pending', 'completed', 'failed', 'cancelled')),
  reason text,
  correlation_id text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- When the client asked to cancel; the provider says whether this is still possible.
  cancel_requested boolean not null default false,
  attempts integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  check ((status in ('failed', 'cancelled')) = (reason is not null))
);
create index withdrawal_by_client on ledger.withdrawal (client_id, withdrawal_id);
create index withdrawal_waiting on ledger.withdrawal (next_attempt_at) where status = 'pending';

-- Money moves only through `ledger.request_withdrawal` and `ledger.end_withdrawal`.
grant select, update (cancel_requested, attempts, next_attempt_at) on ledger.withdrawal
  to brokerx_orders, brokerx_scheduler;

-- Operators grant and take cash and shares, and read the trial balance.
grant select, insert on ledger.journal to brokerx_admin;
grant select, insert, update on ledger.balance to brokerx_admin;
grant select, insert, delete on ledger.idempotency_key to brokerx_admin;
grant select on ledger.posting, ledger.house_account to brokerx_admin;
grant select (client_id, status) on ledger.withdrawal to brokerx_identity;
