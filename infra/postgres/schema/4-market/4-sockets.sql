-- One-use tickets for the WebSocket. Only the hash is stored, until the ticket is used or expires.
create table market.ticket (
  ticket_hash bytea primary key check (length(ticket_hash) = 32),
  client_id uuid not null,
  -- The session or API key of the request; the socket ends with it.
  credential_kind text not null check (credential_kind in ('session', 'api_key')),
  credential_id text not null,
  token_expires_at timestamptz not null,
  expires_at timestamptz not null
);
create index ticket_by_expiry on market.ticket (expires_at);

-- In the cloud API Gateway holds the sockets and calls a function for each event. These tables have
-- the open connections, and the client messages that the worker has not read yet.

-- A process that serves connections; it counts as gone when it was not seen for some seconds.
create table market.feed_worker (
  name text primary key,
  seen_at timestamptz not null default now()
);

create table market.connection (
  connection_id text primary key check (length(connection_id) between 1 and 128),
  client_id uuid not null,
  -- The session or the API key of the handshake: the connection ends with it.
  credential_kind text not null check (credential_kind in ('session', 'api_key')),
  credential_id text not null,
  protocol text not null,
  expires_at timestamptz not null,
  -- The worker that serves the connection; null until a worker has taken it.
  worker text,
  closed boolean not null default false,
  created_at timestamptz not null default now()
);
create index connection_by_worker on market.connection (worker, closed);
create index connection_by_client on market.connection (client_id);

create table market.connection_text (
  text_id bigint generated always as identity primary key,
  connection_id text not null references market.connection on delete cascade,
  text text not null check (length(text) <= 4096)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
create index connection_text_by_connection on market.connection_text (connection_id);

grant select, insert, delete on market.ticket to brokerx_orders, brokerx_feed;
grant select, insert, update, delete
  on market.feed_worker, market.connection, market.connection_text
  to brokerx_feed;
