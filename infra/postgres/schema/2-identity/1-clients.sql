-- The clients, and the links that confirm their e-mail addresses. Secrets are stored as hashes only.
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

grant select, insert, update on identity.client, identity.verification to brokerx_identity;
grant select (client_id, email, first_name, last_name, status, wants_mail) on identity.client
  to brokerx_notifier;
grant select (client_id, email, status, roles) on identity.client to brokerx_admin;
grant select (expires_at), delete on identity.verification to brokerx_notifier;
