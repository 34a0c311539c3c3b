-- Symbols are divided into shards so that several matchers can share the work. Whoever holds a shard's
-- lease relays, matches and settles its symbols, alone; who takes a shard over raises its epoch and
-- that of its books, and by that shuts the former holder out of every statement that writes.
create table trading.shard (
  shard smallint primary key check (shard >= 0),
  holder text check (holder ~ '^[\w-]{1,40}$'),
  epoch bigint not null default 0,
  -- By the database's clock: nobody has to trust another machine's.
  expires_at timestamptz not null default '-infinity'
) with (fillfactor = 50);
insert into trading.shard (shard) values (0), (1), (2), (3);

-- The matchers that live, whether they hold anything or not: who shares the shards.
create table trading.matcher (
  holder text primary key check (holder ~ '^[\w-]{1,40}$'),
  expires_at timestamptz not null
) with (fillfactor = 50);

-- The same symbol is in the same shard as long as the number of shards stays.
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

update trading.book set shard = trading.shard_of(symbol);
alter table trading.book add foreign key (shard) references trading.shard;

grant select, update on trading.shard to brokerx_matcher;
grant select, insert, update, delete on trading.matcher to brokerx_matcher;
-- What was accepted and is not settled yet is known to whoever accepts more.
grant select on trading.sequence to brokerx_orders;
-- Settled commands are kept for some days and not for ever.
grant delete on trading.command to brokerx_matcher;
