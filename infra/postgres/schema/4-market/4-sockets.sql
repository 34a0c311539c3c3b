-- One-use tickets for the WebSocket: only their hash is kept, until they are used or expired.
create table market.ticket (
  ticket_hash bytea primary key check (length(ticket_hash) = 32),
  client_id uuid not null,
  -- The session or the API key that asked for it: a socket ends with them.
  credential_kind text not null check (credential_kind in ('session', 'api_key')),
  credential_id text not null,
  token_expires_at timestamptz not null,
  expires_at timestamptz not null
);
create index ticket_by_expiry on market.ticket (expires_at);

-- In the cloud API Gateway holds the sockets, and functions that live for one call are told what
-- happens on them. These tables keep who is connected, and the messages that the process which speaks
-- to the connection has not read yet.

-- A process that speaks to connections; it is gone when it has not been seen for a while.
create table market.speaker (
  name text primary key,
  seen_at timestamptz not null default now()
);

create table market.connection (
  connection_id text primary key check (length(connection_id) between 1 and 128),
  client_id uuid not null,
  protocol text not null,
  expires_at timestamptz not null,
  -- The process that speaks to it; null until one has taken it.
  speaker text,
  closed boolean not null default false,
  created_at timestamptz not null default now()
);
create index connection_by_speaker on market.connection (speaker, closed);

create table market.connection_text (
  text_id bigint generated always as identity primary key,
  connection_id text not null references market.connection on delete cascade,
  text text not null check (length(text) <= 4096)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
create index connection_text_by_connection on market.connection_text (connection_id);

grant select, insert, delete on market.ticket to brokerx_orders, brokerx_feed;
grant select, insert, update, delete on market.speaker, market.connection, market.connection_text
  to brokerx_feed;
