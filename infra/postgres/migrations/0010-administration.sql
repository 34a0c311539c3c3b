-- An operator lists and changes instruments. Since when an instrument is what it is matters: tick and
-- lot change only when no process can still believe that it trades.
alter table market.instrument add column status_since timestamptz not null default now();

-- Whoever lists an instrument opens its book, and the book finds its shard.
grant select on trading.shard to brokerx_admin;
-- The market feed shows the same list of instruments as the order service.
grant select on trading.control to brokerx_feed;
