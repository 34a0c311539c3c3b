-- The clients, and the links that confirm their e-mail addresses. Secrets are stored as hashes only.
create table identity.client (
  client_id uuid primary key,
  email text not null,
  email_key text not null unique,
  first_name text not null,
  last_name text not null,
  date_of_birth date not null,
  password_hash text not null,
  status text not null default 'pending' check (
    status in ('pending', 'active', 'suspended', 'closed')),
  roles text[] not null default '{}',
  wants_mail boolean not null default true,
  created_at timestamptz not null default now(),
  verified_at timestamptz,
  check ((status = 'pending') = (verified_at is null))
);

-- One row for each sign-up. The entered details belong to its link: another sign-up with the same
-- address cannot change what this link opens.
create table identity.verification (
  token_hash bytea primary key check (length(token_hash) = 32),
  client_id uuid not null references identity.client,
  email text not null,
  first_name text not null,
  last_name text not null,
  date_of_birth date not null,
  password_hash text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  -- When the link was opened: the address is confirmed, and the password of this sign-up may log in.
  opened_at timestamptz,
  -- When the account was opened with these details.
  used_at timestamptz
);
create index on identity.verification (client_id);

-- Not the roles: only the owner of the database creates administrators.
grant select,
  insert (client_id, email, email_key, first_name, last_name, date_of_birth, password_hash),
  update (email, email_key, first_name, last_name, date_of_birth, password_hash, status, wants_mail,
    verified_at)
  on identity.client to brokerx_identity;
grant select, insert, update on identity.verification to brokerx_identity;
grant select (client_id, email, first_name, last_name, status, wants_mail) on identity.client
  to brokerx_notifier;
grant select (client_id, email, email_key, first_name, last_name, status, roles, created_at, verified_at)
  on identity.client to brokerx_admin;
grant update (status) on identity.client to brokerx_admin;
grant select (client_id, opened_at) on identity.verification to brokerx_admin;
grant select (client_id, status, roles) on identity.client to brokerx_orders, brokerx_feed;
-- Mails about transfers.
grant select (client_id, email, first_name) on identity.client to brokerx_orders, brokerx_scheduler;
grant select (expires_at), delete on identity.verification to brokerx_notifier;
