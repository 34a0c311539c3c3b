-- Moves the watermark of a symbol; false when another process owns it now, or the batch is settled already.
create function trading.move_watermark(
  of_symbol text, owner_epoch bigint, first_seq bigint, until_seq bigint, traded_at bigint,
  now_halted boolean)
returns boolean
language plpgsql as $$
begin
  update trading.book
  set settled_seq = until_seq,
    last_price = coalesce(traded_at, last_price),
    halted = coalesce(now_halted, halted)
  where symbol = of_symbol and epoch = owner_epoch and settled_seq = first_seq - 1;
  return found;
end
$$;

-- Refuses the replaces of orders that are over, and releases what was set aside for them. Its changes are
-- recorded by the triggers, whoever calls it.
create function trading.abandon_replaces(
  abandoned uuid[], of_symbol text, of_currency text, decided timestamptz)
returns void
language plpgsql
set brokerx.records_itself to 'off' as $$
begin
  with refused as (
    update trading.amendment
    set status = 'refused', reason = 'order_over', decided_at = decided
    where amendment_id = any(abandoned)
    returning order_id, client_id, extra_held
  ), freed as (
    select order_id, refused.client_id, refused.extra_held as amount,
      case direction when 'buy' then of_currency else of_symbol end as asset
    from refused
    join trading."order" using (order_id)
    where refused.extra_held > 0
  ), balanced as (
    update ledger.balance
    set available = available + freed.amount, held = held - freed.amount
    from (
      select client_id, asset, sum(amount)::bigint as amount from freed group by client_id, asset
    ) as freed
    where balance.client_id = freed.client_id and balance.asset = freed.asset
  )
  insert into ledger.journal (
    kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket,
    created_at)
  select 'release', order_id::text, asset, amount, client_id, 'held', client_id, 'available', decided
  from freed;
end
$$;

-- Settles a batch of one symbol: watermark, balances, orders, trades, journal, the feed's event and the
-- notices, all or nothing. False, and nothing is written, when the owner's epoch is over; without an epoch
-- the watermark has been moved by the same transaction already. BX004 when a balance is not what it was
-- taken for. Balances are written before orders, in the order of their keys, as by everybody.
create function trading.settle(
  of_symbol text, of_currency text, owner_epoch bigint, first_seq bigint, until_seq bigint,
  traded_at bigint, now_halted boolean, settled_at timestamptz, depth jsonb, trades jsonb,
  balance_clients uuid[], balance_assets text[], availables bigint[], helds bigint[], ended integer[],
  costs bigint[], pnls bigint[], owned bigint[], costs_before bigint[], pnls_before bigint[],
  order_ids uuid[], statuses text[], are_closed boolean[], stood boolean[], reasons text[],
  triggereds boolean[], filleds bigint[], opens bigint[], cancelleds bigint[], expireds bigint[],
  preventeds bigint[], notionals bigint[], order_helds bigint[], engine_orders bigint[],
  queue_positions bigint[], gone uuid[],
  trade_ids text[], seqs bigint[], prices bigint[], quantities bigint[], taker_sides text[],
  makers uuid[], takers uuid[], buyers uuid[], sellers uuid[],
  transfer_kinds text[], transfer_references text[], transfer_assets text[],
  transfer_amounts bigint[], debit_accounts uuid[], debit_buckets text[], credit_accounts uuid[],
  credit_buckets text[],
  noticed_orders uuid[], noticed_clients uuid[], notices_due timestamptz)
returns boolean
language plpgsql
set brokerx.records_itself to 'on' as $$
declare
  changed_balances trading.recorded_balance[];
  changed_orders trading.recorded_order[];
  abandoned uuid[];
  touched integer;
begin
  if owner_epoch is not null and not trading.move_watermark(
    of_symbol, owner_epoch, first_seq, until_seq, traded_at, now_halted) then
    return false;
  end if;

  if cardinality(trade_ids) > 0 then
    insert into trading.trade (
      trade_id, symbol, seq, price, quantity, taker_side, maker_order_id, taker_order_id, buyer_id,
      seller_id, created_at)
    select trade_id, of_symbol, seq, price, quantity, taker_side, maker, taker, buyer, seller,
      settled_at
    from unnest(
      trade_ids, seqs, prices, quantities, taker_sides, makers, takers, buyers, sellers
    ) as made (trade_id, seq, price, quantity, taker_side, maker, taker, buyer, seller);
  end if;

  if cardinality(transfer_kinds) > 0 then
    insert into ledger.journal (
      kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket,
      created_at)
    select moved.*, settled_at
    from unnest(
      transfer_kinds, transfer_references, transfer_assets, transfer_amounts, debit_accounts,
      debit_buckets, credit_accounts, credit_buckets
    ) as moved;
  end if;

  insert into market.event (symbol, first_seq, last_seq, depth, trades, created_at)
  values (of_symbol, settle.first_seq, until_seq, settle.depth, settle.trades, settled_at);
  if cardinality(noticed_orders) > 0 then
    insert into trading.notice_intake (order_ids, client_ids, due_at)
    values (noticed_orders, noticed_clients, notices_due);
  end if;

  if cardinality(gone) > 0 then
    delete from trading.resting_order
    using unnest(gone) as ended_order (order_id)
    where resting_order.symbol = of_symbol and resting_order.order_id = ended_order.order_id;
    get diagnostics touched = row_count;
    if touched <> cardinality(gone) then
      raise exception 'an order that ended did not stand in the book of %', of_symbol;
    end if;
  end if;

  -- From here on others may be waiting.
  if cardinality(balance_clients) > 0 then
    with written as (
      update ledger.balance
      set available = balance.available + change.available,
        held = balance.held + change.held,
        open_orders = open_orders - change.ended,
        cost = coalesce(change.cost, balance.cost),
        realized_pnl = coalesce(change.realized_pnl, balance.realized_pnl)
      from unnest(
        balance_clients, balance_assets, availables, helds, ended, costs, pnls, owned, costs_before,
        pnls_before
      ) as change (
        client_id, asset, available, held, ended, cost, realized_pnl, owned, cost_before, pnl_before)
      where balance.client_id = change.client_id
        and balance.asset = change.asset
        and (change.owned is null
          or (balance.available + balance.held, balance.cost, balance.realized_pnl)
            = (change.owned, cost_before, pnl_before))
      returning balance.client_id, balance.asset, balance.available, balance.held
    )
    select count(*), array_agg(row(client_id, asset, available, held)::trading.recorded_balance)
    into touched, changed_balances
    from written;
    if touched <> cardinality(balance_clients) then
      raise exception 'not every balance that % settles is what it was taken for', of_symbol
        using errcode = 'BX004';
    end if;
  end if;

  if cardinality(order_ids) > 0 then
    with written as (
      update trading."order"
      set status = next.status,
        closed = next.closed,
        pending_action = case when next.closed then null else pending_action end,
        extra_held = case when next.closed then 0 else extra_held end,
        reason = next.reason,
        triggered = next.triggered,
        filled_quantity = next.filled,
        open_quantity = next.open,
        cancelled_quantity = next.cancelled,
        expired_quantity = next.expired,
        prevented_quantity = next.prevented,
        filled_notional = next.filled_notional,
        held = next.held,
        engine_order = next.engine_order,
        queue_position = next.queue_position,
        lock_version = lock_version + 1,
        updated_at = settled_at
      from unnest(
        order_ids, statuses, are_closed, stood, reasons, triggereds, filleds, opens, cancelleds,
        expireds, preventeds, notionals, order_helds, engine_orders, queue_positions
      ) as next (
        order_id, status, closed, stood, reason, triggered, filled, open, cancelled, expired,
        prevented, filled_notional, held, engine_order, queue_position)
      where "order".order_id = next.order_id
      -- What the row has become, not what it was: with a trigger on the table, PostgreSQL 18 answers
      -- for "old" what the statement saw at first, not what it found when it had waited for the row.
      returning "order".*, not (next.closed or next.stood) as arrives
    ), arrived as (
      insert into trading.resting_order (symbol, order_id, expires_at)
      select symbol, order_id, expires_at from written where arrives
    )
    select count(*),
      array_agg(row(client_id, order_id, status, pending_action, reason, quantity, price, stop_price,
        triggered, filled_quantity, open_quantity, filled_notional, held + extra_held, lock_version,
        updated_at)::trading.recorded_order),
      array_agg(pending_amendment) filter (where closed and pending_amendment is not null)
    into touched, changed_orders, abandoned
    from written;
    if touched <> cardinality(order_ids) then
      raise exception 'an order that % settles does not exist', of_symbol;
    end if;
  end if;

  if changed_orders is not null or changed_balances is not null then
    insert into trading.activity_intake (rank, orders, balances)
    values (2, changed_orders, changed_balances);
  end if;
  if abandoned is not null then
    perform trading.abandon_replaces(abandoned, of_symbol, of_currency, settled_at);
  end if;
  return true;
end
$$;
