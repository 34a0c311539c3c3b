create table trading.trade (
  trade_id text primary key,
  symbol text not null,
  seq bigint not null,
  price bigint not null check (price > 0),
  quantity bigint not null check (quantity > 0),
  taker_side text not null check (taker_side in ('buy', 'sell')),
  maker_order_id uuid not null,
  taker_order_id uuid not null,
  buyer_id uuid not null,
  seller_id uuid not null,
  created_at timestamptz not null default now(),
  check (maker_order_id <> taker_order_id)
);

-- The position of a trade among those of one command: the last part of its id.
create function trading.trade_index(trade_id text) returns integer
language sql immutable parallel safe return split_part(trade_id, '-', 3)::integer;

-- Each index ends with the order in which its trades are read. One command can make thousands of
-- trades with the same time and number, and sorting them for each look-up would be slow.
create index trade_by_maker on trading.trade (maker_order_id, seq, trading.trade_index(trade_id));
create index trade_by_taker on trading.trade (taker_order_id, seq, trading.trade_index(trade_id));
create index trade_by_symbol on trading.trade (symbol, seq, trading.trade_index(trade_id));
-- Finds the last price before an instant, for reports.
create index trade_by_time
  on trading.trade (symbol, created_at, seq, trading.trade_index(trade_id));
create trigger trade_is_append_only before update or delete or truncate on trading.trade
  for each statement execute function ledger.refuse_change();
alter table trading.trade enable always trigger trade_is_append_only;

-- All candles computed from the trades, in the order in which they happened.
create view market.candle_of_tape as
  select
    symbol,
    seconds,
    date_bin(make_interval(secs => seconds), created_at, 'epoch') as opens_at,
    (array_agg(price order by seq, trading.trade_index(trade_id)))[1] as open,
    max(price) as high,
    min(price) as low,
    (array_agg(price order by seq desc, trading.trade_index(trade_id) desc))[1] as close,
    sum(quantity)::bigint as volume,
    count(*) as trades
  from trading.trade
  cross join (values (60), (3600)) as span (seconds)
  group by symbol, seconds, opens_at;

grant select on trading.trade to brokerx_orders, brokerx_matcher, brokerx_feed, brokerx_notifier;
