-- Accepting an order must be cheap even when it comes alone. PostgreSQL reads the text of every check
-- constraint of a table anew for each statement that writes to it: for the seventeen of an order that
-- took longer than writing the row with its five indexes. One function a table, compiled once a
-- session, checks the same.

create function trading.is_order(placed trading."order") returns boolean
language plpgsql immutable as $$
begin
  return placed.direction in ('buy', 'sell')
    and placed.order_type in ('limit', 'market', 'stop', 'stop_limit')
    and placed.time_in_force in ('DAY', 'GTC', 'GTD', 'IOC', 'FOK')
    and placed.self_trade_prevention in ('expire_taker', 'expire_maker', 'expire_both', 'decrement')
    and placed.status in (
      'new', 'working', 'partially_filled', 'filled', 'cancelled', 'expired', 'rejected')
    and coalesce(placed.pending_action in ('pending_cancel', 'pending_replace'), true)
    and coalesce(length(placed.client_order_id) between 1 and 48, true)
    and placed.quantity > 0
    and coalesce(least(placed.price, placed.stop_price, placed.hold_price) > 0, true)
    and least(placed.filled_quantity, placed.open_quantity, placed.cancelled_quantity,
      placed.expired_quantity, placed.prevented_quantity) >= 0
    and placed.quantity = placed.filled_quantity + placed.open_quantity + placed.cancelled_quantity
      + placed.expired_quantity + placed.prevented_quantity
    and least(placed.filled_notional, placed.held, placed.extra_held) >= 0
    and placed.closed = (placed.status in ('filled', 'cancelled', 'expired', 'rejected'))
    and (not placed.closed
      or (placed.open_quantity = 0 and placed.held = 0 and placed.extra_held = 0
        and placed.pending_action is null))
    and (placed.extra_held = 0 or placed.pending_amendment is not null)
    and (placed.pending_amendment is null or placed.pending_action is not null or placed.closed)
    and (placed.order_type in ('stop', 'stop_limit')) = (placed.stop_price is not null)
    and (placed.time_in_force = 'GTD') = (placed.expires_at is not null);
end
$$;

create function ledger.is_transfer(entry ledger.journal) returns boolean
language plpgsql immutable as $$
begin
  return entry.kind in (
      'deposit', 'withdrawal', 'grant', 'hold', 'release', 'trade', 'fee', 'correction')
    and entry.asset ~ '^[A-Z]{1,6}$'
    and entry.amount > 0
    and entry.debit_bucket in ('available', 'held', 'house')
    and entry.credit_bucket in ('available', 'held', 'house')
    and (entry.debit_account, entry.debit_bucket) <> (entry.credit_account, entry.credit_bucket);
end
$$;

-- The new constraint first: no moment, and no row, is without one.
alter table trading."order" add constraint order_is_sound check (trading.is_order("order"));
alter table ledger.journal add constraint journal_is_sound check (ledger.is_transfer(journal));
do $$
declare
  former record;
begin
  for former in
    select conrelid::regclass as of_table, conname
    from pg_constraint
    where contype = 'c'
      and conrelid in ('trading."order"'::regclass, 'ledger.journal'::regclass)
      and conname not in ('order_is_sound', 'journal_is_sound')
  loop
    execute format('alter table %s drop constraint %I', former.of_table, former.conname);
  end loop;
end
$$;

-- The client's order of this name, or null. Written so that only the index of names serves it: two
-- equalities look the same to the planner on the index of a client's orders, which has to be read
-- from end to end, and the more a client has traded the longer that takes.
create function trading.order_named(client uuid, named text) returns uuid
language plpgsql stable as $$
declare
  found_id uuid;
  found_name text;
begin
  select order_id, client_order_id
  into found_id, found_name
  from trading."order"
  where client_id = client and client_order_id >= named
  order by client_order_id
  limit 1;
  return case when found_name = named then found_id end;
end
$$;
