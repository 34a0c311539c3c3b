-- One row for each login attempt that passed the password. Attempts only grow, so a challenge that
-- was used up stays used up.
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

-- One row for each login. Its refresh tokens rotate; presenting a used one ends the session.
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

grant select, insert, update on identity.challenge, identity.session, identity.refresh_token
  to brokerx_identity;
grant select (expires_at), delete on identity.challenge to brokerx_notifier;
