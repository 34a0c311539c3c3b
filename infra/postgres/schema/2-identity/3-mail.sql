-- The mail outbox: each mail is written in the transaction that causes it. Bodies may contain
-- secrets, so they are sealed (AES-256-GCM) and deleted once sent. After `give_up_at` a mail is
-- useless, for example because its code has expired.
create table identity.mail (
  mail_id uuid primary key,
  purpose text not null check (
    purpose in ('sign_up', 'code', 'order', 'security', 'transfer', 'statement')),
  recipient text not null,
  subject text not null,
  sealed_body bytea,
  created_at timestamptz not null default now(),
  next_attempt_at timestamptz not null default now(),
  give_up_at timestamptz not null,
  attempts integer not null default 0,
  sent_at timestamptz,
  failed_at timestamptz,
  check ((sent_at is null and failed_at is null) = (sealed_body is not null))
);
create index mail_waiting on identity.mail (next_attempt_at) where sealed_body is not null;
create index mail_by_recipient on identity.mail (lower(recipient), created_at);

grant insert on identity.mail to brokerx_identity, brokerx_orders, brokerx_scheduler, brokerx_admin;
grant select (recipient, purpose, created_at) on identity.mail to brokerx_identity;
grant select, insert, update, delete on identity.mail to brokerx_notifier;
