-- Symbols are divided into shards so that several matchers can share the work. Only the matcher
-- that holds a shard's lease relays, matches and settles its symbols. A matcher that takes a shard
-- over raises its epoch and that of its books, so that every write of the former holder fails.
-- Leases end by the database's clock.
create table trading.shard (
  shard smallint primary key check (shard >= 0),
  holder text check (holder ~ '^[\w-]{1,40}$'),
  epoch bigint not null default 0,
  expires_at timestamptz not null default '-infinity'
) with (fillfactor = 50);
insert into trading.shard (shard) values (0), (1), (2), (3);

-- The matchers that are alive, with or without a shard.
create table trading.matcher (
  holder text primary key check (holder ~ '^[\w-]{1,40}$'),
  expires_at timestamptz not null
) with (fillfactor = 50);

-- One row for each book. `epoch` is the fencing token: every settlement checks it in the statement
-- that moves the watermark `settled_seq`. A command that cannot be applied halts its symbol:
-- `failed_seq` is its number. `last_entry_at` dates the newest journal entry about the symbol's
-- shares: a later entry is never dated before it, so that reports compute costs in the order in which
-- the balances changed.
create table trading.book (
  symbol text primary key references market.instrument,
  shard smallint not null default 0 references trading.shard,
  epoch bigint not null default 0,
  settled_seq bigint not null default 0 check (settled_seq >= 0),
  last_price bigint check (last_price > 0),
  halted boolean not null default false,
  failed_seq bigint,
  last_entry_at timestamptz not null default '-infinity'
) with (fillfactor = 50);

-- A symbol stays in its shard as long as the number of shards stays the same.
create function trading.shard_of(symbol text) returns smallint
language sql stable as $$
  select (get_byte(sha256(convert_to(symbol, 'UTF8')), 0) % count(*))::smallint from trading.shard
$$;

create function trading.place_in_shard() returns trigger
language plpgsql as $$
begin
  new.shard := trading.shard_of(new.symbol);
  return new;
end
$$;
create trigger book_is_placed_in_its_shard before insert on trading.book
  for each row execute function trading.place_in_shard();
alter table trading.book enable always trigger book_is_placed_in_its_shard;

grant select, update on trading.shard to brokerx_matcher;
-- The administrator who lists an instrument opens its book, and the book finds its shard. Operators also
-- see which matcher holds which shard.
grant select on trading.shard, trading.matcher to brokerx_admin;
grant select, insert, update, delete on trading.matcher to brokerx_matcher;
grant select, update (epoch, failed_seq) on trading.book to brokerx_matcher;
grant select on trading.book to brokerx_orders, brokerx_feed, brokerx_notifier, brokerx_scheduler;
grant select, insert (symbol) on trading.book to brokerx_admin;
grant update (last_price, last_entry_at) on trading.book to brokerx_admin;
