-- The outbox of accepted commands. The relay moves them to the command log, which gives each
-- command its number in the symbol's sequence. The matcher can always read the log again. Commands
-- are written and read as a whole, so the type is `json`, whose text is checked once.
create table trading.outbox (
  outbox_id bigint generated always as identity primary key,
  symbol text not null,
  command json not null,
  created_at timestamptz not null default now()
);

create table trading.command (
  symbol text not null,
  seq bigint not null check (seq > 0),
  command json not null,
  created_at timestamptz not null,
  primary key (symbol, seq)
);

-- The last number given in each symbol's sequence.
create table trading.sequence (
  symbol text primary key,
  seq bigint not null check (seq > 0)
) with (fillfactor = 50);

-- The feed joins the traces of commands. It may read their traceparent, and nothing else of what
-- clients ordered.
create view trading.command_trace as
  select symbol, seq, command ->> 'traceparent' as traceparent
  from trading.command;

grant select, insert (symbol, command) on trading.outbox to brokerx_orders;
grant select, delete on trading.outbox to brokerx_matcher;
grant insert (symbol, command) on trading.outbox to brokerx_scheduler;
grant select (outbox_id, symbol, created_at), insert (symbol, command)
  on trading.outbox to brokerx_admin;
grant select (symbol, created_at) on trading.outbox to brokerx_feed;
grant select, insert, delete on trading.command to brokerx_matcher;
grant select (symbol, seq, created_at) on trading.command to brokerx_feed;
grant select on trading.command_trace to brokerx_feed;
grant select, insert, update on trading.sequence to brokerx_matcher;
grant select on trading.sequence to brokerx_orders, brokerx_admin;
