-- Who the clients are and how they prove it. Secrets are stored as hashes only; the mails that must
-- carry them wait sealed (AES-256-GCM) and are emptied once sent.
create table identity.client (
  client_id uuid primary key,
  email text not null,
  email_key text not null unique,
  first_name text not null,
  last_name text not null,
  date_of_birth date not null,
  password_hash text not null,
  status text not null default 'pending' check (status in ('pending', 'active', 'suspended')),
  roles text[] not null default '{}',
  wants_mail boolean not null default true,
  created_at timestamptz not null default now(),
  verified_at timestamptz,
  check ((status = 'pending') = (verified_at is null))
);

create table identity.verification (
  token_hash bytea primary key check (length(token_hash) = 32),
  client_id uuid not null references identity.client,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz
);
create index on identity.verification (client_id);

-- One row a login attempt that passed the password. A dead challenge stays dead: attempts only grow.
create table identity.challenge (
  challenge_id uuid primary key,
  client_id uuid not null references identity.client,
  factor text not null default 'mail' check (factor in ('mail', 'totp')),
  code_hash bytea not null check (length(code_hash) = 32),
  address text not null,
  attempts smallint not null default 0 check (attempts between 0 and 5),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  passed_at timestamptz
);
create index on identity.challenge (client_id, created_at);
create index on identity.challenge (address, created_at);

-- One row a login; its refresh tokens rotate, and the use of an old one ends the session.
create table identity.session (
  session_id uuid primary key,
  client_id uuid not null references identity.client,
  created_at timestamptz not null default now(),
  ended_at timestamptz
);
create table identity.refresh_token (
  token_hash bytea primary key check (length(token_hash) = 32),
  session_id uuid not null references identity.session,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz
);
create index on identity.refresh_token (session_id);

-- The mail outbox: written in the transaction that gives the reason for the mail. `give_up_at` is
-- when the mail would be of no more use: a code that has run out helps nobody.
create table identity.mail (
  mail_id uuid primary key,
  purpose text not null check (purpose in ('sign_up', 'code', 'order')),
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

grant select, insert, update on
  identity.client, identity.verification, identity.challenge, identity.session, identity.refresh_token
  to brokerx_identity;
grant insert on identity.mail to brokerx_identity;
grant select (recipient, purpose, created_at) on identity.mail to brokerx_identity;
grant select (client_id, email, first_name, last_name, status, wants_mail) on identity.client to brokerx_notifier;
grant select, insert, update, delete on identity.mail to brokerx_notifier;
grant select (expires_at), delete on identity.challenge, identity.verification to brokerx_notifier;
