-- In the cloud API Gateway holds the sockets, and functions that live for one call are told what happens on
-- them. Who is connected, and what was said and not yet heard by the process that speaks to the
-- connection, stands here.

-- A process that speaks to connections. One that has not been seen for a while is gone.
create table market.speaker (
  name text primary key,
  seen_at timestamptz not null default now()
);

create table market.connection (
  connection_id text primary key check (length(connection_id) between 1 and 128),
  client_id uuid not null,
  protocol text not null,
  expires_at timestamptz not null,
  -- Who speaks to it; null until somebody does.
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

grant select, insert, update, delete on market.speaker, market.connection, market.connection_text
  to brokerx_feed;
