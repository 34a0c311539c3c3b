-- One row for each login. Its refresh tokens rotate; a used token that is sent again ends the
-- session.
create table identity.session (
  session_id uuid primary key,
  client_id uuid not null references identity.client,
  created_at timestamptz not null default now(),
  -- When the client last proved a second factor.
  auth_time timestamptz not null default now(),
  last_used_at timestamptz not null default now(),
  expires_at timestamptz not null default now() + interval '30 days',
  address text not null default 'unknown',
  user_agent text not null default '' check (length(user_agent) <= 200),
  ended_at timestamptz,
  end_reason text,
  check ((ended_at is null) = (end_reason is null))
);
create index session_by_end on identity.session (coalesce(ended_at, expires_at));
create index session_by_client on identity.session (client_id, created_at);
create table identity.refresh_token (
  token_hash bytea primary key check (length(token_hash) = 32),
  session_id uuid not null references identity.session on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz
);
create index on identity.refresh_token (session_id);
create index refresh_token_by_expiry on identity.refresh_token (expires_at);

-- One row for each login attempt with a correct password. The number of tries only grows, so a
-- challenge that is used up stays used up. A `step_up` challenge belongs to a session.
create table identity.challenge (
  challenge_id uuid primary key,
  client_id uuid not null references identity.client,
  purpose text not null default 'login' check (purpose in ('login', 'step_up')),
  factor text not null default 'mail' check (factor in ('mail', 'totp')),
  code_hash bytea not null check (length(code_hash) = 32),
  address text not null,
  attempts smallint not null default 0 check (attempts between 0 and 5),
  -- Tries that named only the e-mail address; they may not use up all tries.
  email_attempts smallint not null default 0 check (email_attempts <= attempts),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  passed_at timestamptz,
  session_id uuid references identity.session on delete cascade,
  -- The sign-up that a login with this challenge completes.
  verification_hash bytea references identity.verification on delete set null
);
create index on identity.challenge (client_id, created_at);
create index on identity.challenge (address, created_at);
create index challenge_by_session on identity.challenge (session_id, created_at)
  where session_id is not null;
create index challenge_by_verification on identity.challenge (verification_hash)
  where verification_hash is not null;

grant select, insert, update on identity.challenge, identity.session, identity.refresh_token
  to brokerx_identity;
grant select (expires_at), delete on identity.challenge, identity.refresh_token to brokerx_notifier;
grant select (ended_at, expires_at), delete on identity.session to brokerx_notifier;

-- Every service refuses ended sessions and suspended clients itself.
grant select (session_id, client_id, ended_at) on identity.session to brokerx_orders, brokerx_feed;
grant select (session_id, client_id, created_at, last_used_at, expires_at, address, user_agent, ended_at,
    end_reason)
  on identity.session to brokerx_admin;
grant update (ended_at, end_reason) on identity.session to brokerx_admin;
-- A suspension ends login codes that were sent before.
grant select (client_id, purpose, passed_at, expires_at), update (expires_at)
  on identity.challenge to brokerx_admin;
