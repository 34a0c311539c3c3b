-- Settles a batch in one transaction. Returns false, and writes nothing, when another process owns
-- the book or the batch is already settled. The book's row is locked first, so that a former owner
-- that passed this check commits before the new owner reads. Balances are locked before orders,
-- both in the order of their keys, as by every process. What it is given cannot
-- create cash or shares: transfers go between clients, and the balances of an asset keep their sum.
create function trading.settle(
  batch trading.settled_batch, bids market.level[], asks market.level[], trades trading.trade[],
  transfers trading.settled_transfer[], balances trading.balance_change[],
  orders trading.order_change[])
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  recorded_fills trading.recorded_fill[];
  recorded_balances trading.recorded_balance[];
  recorded_orders trading.recorded_order[];
  overtaken uuid[];
  entered_at timestamptz; -- the date of the journal entries
begin
  update trading.book
  set settled_seq = batch.last_seq,
    last_price = coalesce(batch.last_price, last_price),
    halted = coalesce(batch.halted, halted),
    last_entry_at = greatest(last_entry_at, batch.settled_at)
  where symbol = batch.symbol and epoch = batch.epoch and settled_seq = batch.first_seq - 1
  returning last_entry_at into entered_at;
  if not found then
    return false;
  end if;
  if exists (
      select from unnest(transfers)
      where kind not in ('trade', 'release') or 'house' in (debit_bucket, credit_bucket))
    or exists (select from unnest(balances) group by asset having sum(available + held) <> 0) then
    raise exception 'a settlement of % creates cash or shares', batch.symbol
      using errcode = 'insufficient_privilege';
  end if;

  if cardinality(trades) > 0 then
    insert into trading.trade select * from unnest(trades);
    perform market.add_to_candles(trades);
    recorded_fills := trading.fills_of(trades);
  end if;
  insert into ledger.journal (
    kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket,
    created_at)
  select transfer.*, entered_at from unnest(transfers) as transfer;
  insert into market.event (symbol, first_seq, last_seq, trades, bids, asks, created_at)
  values (
    batch.symbol, batch.first_seq, batch.last_seq, cardinality(trades), bids, asks, batch.settled_at);

  recorded_balances := trading.change_balances(batch.symbol, balances);
  perform trading.decide_replaces(orders, batch.settled_at);
  perform trading.move_resting_orders(batch.symbol, orders);
  select * into recorded_orders, overtaken from trading.change_orders(orders, batch.settled_at);

  insert into trading.activity_outbox (fills, orders, balances)
  values (recorded_fills, recorded_orders, recorded_balances);
  insert into trading.notice_outbox (order_ids, client_ids, due_at)
  select array_agg(order_id), array_agg(client_id), batch.notices_due
  from unnest(orders)
  where filled_quantity > 0 or closed
  having count(*) > 0;
  if overtaken is not null then
    perform trading.refuse_replaces(batch, overtaken);
  end if;
  return true;
end
$$;

revoke execute on function trading.settle from public;
grant execute on function trading.settle to brokerx_matcher;
