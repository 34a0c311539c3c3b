-- An order's name is looked up by client and name together. Asked for one client and a name from some on,
-- a planner that knows nothing yet of the table may read all orders of the client instead, which is what it
-- did in the first minute of a busy system; in the order of both there is only one index to read.
create or replace function trading.order_named(client uuid, named text) returns uuid
language plpgsql stable as $$
declare
  found_id uuid;
  found_client uuid;
  found_name text;
begin
  select order_id, client_id, client_order_id
  into found_id, found_client, found_name
  from trading."order"
  where (client_id, client_order_id) >= (client, named) and client_order_id is not null
  order by client_id, client_order_id
  limit 1;
  return case when found_client = client and found_name = named then found_id end;
end
$$;

create or replace function trading.unhold_taken(
  clients uuid[], assets text[], amounts bigint[], names text[], inout verdicts text[])
language plpgsql as $$
declare
  taken integer[] := array(
    select n
    from unnest(clients, names) with ordinality as named (client_id, name, n)
    cross join lateral (
      select client_id, client_order_id
      from trading."order"
      where ("order".client_id, client_order_id) >= (named.client_id, name)
        and client_order_id is not null
      order by client_id, client_order_id
      limit 1
    ) as found
    where found.client_id = named.client_id and client_order_id = name);
  position integer;
begin
  if cardinality(taken) = 0 then
    return;
  end if;
  update ledger.balance
  set available = available + back.amount, held = held - back.amount, holds = holds - back.orders
  from (
    select clients[n] as client_id, assets[n] as asset, sum(amounts[n])::bigint as amount,
      count(*)::integer as orders
    from unnest(taken) as n
    group by 1, 2
  ) as back
  where balance.client_id = back.client_id and balance.asset = back.asset;
  foreach position in array taken loop
    verdicts[position] := 'client_order_id_taken';
  end loop;
end
$$;
