-- Links mailed to clients: for a new password and for a new address.
create table identity.link (
  token_hash bytea primary key check (length(token_hash) = 32),
  client_id uuid not null references identity.client,
  purpose text not null check (purpose in ('password_reset', 'email_change')),
  email text,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz,
  check ((purpose = 'email_change') = (email is not null))
);
create index link_by_client on identity.link (client_id, created_at);
create index link_by_expiry on identity.link (expires_at);

-- An authenticator app. `last_step` is the newest time step of which a code was used.
create table identity.totp (
  client_id uuid primary key references identity.client,
  sealed_secret bytea not null,
  last_step bigint not null default 0,
  created_at timestamptz not null default now(),
  confirmed_at timestamptz
);
create table identity.recovery_code (
  client_id uuid not null references identity.client,
  code_hash bytea not null check (length(code_hash) = 32),
  used_at timestamptz,
  primary key (client_id, code_hash)
);

create table identity.api_key (
  key_id text primary key check (key_id ~ '^[a-z2-7]{12}$'),
  client_id uuid not null references identity.client,
  secret_hash bytea not null check (length(secret_hash) = 32),
  name text not null check (length(name) between 1 and 100),
  scopes text[] not null check (
    scopes <@ array['read', 'trade', 'transfer'] and cardinality(scopes) > 0),
  allowed_ips text[] not null default '{}',
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz
);
create index api_key_by_client on identity.api_key (client_id, created_at);

-- Failed attempts of a subject: an account, an address, or both. After a few free attempts, each
-- further one must wait twice as long as the one before.
create table identity.throttle (
  subject text primary key,
  failures integer not null check (failures >= 0),
  next_at timestamptz not null,
  updated_at timestamptz not null default now()
);
create index throttle_by_age on identity.throttle (updated_at);

grant select, insert, update on identity.link, identity.api_key to brokerx_identity;
grant select, insert, update, delete on identity.totp, identity.recovery_code, identity.throttle
  to brokerx_identity;
grant select (expires_at), delete on identity.link to brokerx_notifier;
grant select (updated_at), delete on identity.throttle to brokerx_notifier;

-- Every service checks API keys itself.
grant select on identity.api_key to brokerx_orders, brokerx_feed, brokerx_admin;
grant update (last_used_at) on identity.api_key to brokerx_orders, brokerx_feed, brokerx_admin;
-- A suspension revokes keys.
grant update (revoked_at) on identity.api_key to brokerx_admin;
grant select (client_id, used_at, expires_at), update (expires_at) on identity.link to brokerx_admin;
