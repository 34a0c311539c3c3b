-- A command says where the request that asked for it stands in a trace. The feed, which joins that trace,
-- may read this of a command, and nothing else of what clients ordered.

create view trading.command_trace as
  select symbol, seq, command ->> 'traceparent' as traceparent
  from trading.command;

grant select on trading.command_trace to brokerx_feed;
