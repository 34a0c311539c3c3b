-- A price level: the price and the open quantity there. In a change, quantity 0 removes the level.
create type market.level as (price bigint, quantity bigint);

-- The changes that the feed sends: one row for each settled batch of a symbol, with the changed
-- levels and the number of trades. The trades themselves are in `trading.trade`. Arrays are stored
-- uncompressed, because a row lives for a short time.
create table market.event (
  symbol text not null,
  last_seq bigint not null,
  first_seq bigint not null check (first_seq between 1 and last_seq),
  trades integer not null,
  bids market.level[] storage external not null,
  asks market.level[] storage external not null,
  created_at timestamptz not null default now(),
  primary key (symbol, last_seq)
);
create index event_by_age on market.event (created_at);

-- Candles of a minute and of an hour; longer candles are computed from these. A bucket starts at a
-- whole minute or hour (UTC); a bucket without trades has no row.
create table market.candle (
  symbol text not null,
  seconds integer not null check (seconds in (60, 3600)),
  opens_at timestamptz not null,
  open bigint not null check (open > 0),
  high bigint not null check (high >= greatest(open, close)),
  low bigint not null check (low between 1 and least(open, close)),
  close bigint not null check (close > 0),
  volume bigint not null check (volume > 0),
  trades bigint not null check (trades > 0),
  primary key (symbol, seconds, opens_at)
) with (fillfactor = 50);

grant select, delete on market.event to brokerx_matcher;
grant select on market.event to brokerx_feed;
grant select on market.candle to brokerx_orders, brokerx_feed;
