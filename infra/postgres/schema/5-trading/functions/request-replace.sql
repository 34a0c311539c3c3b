-- Called by the statement that accepts orders, before it writes any: undoes all of it when a client
-- was not counted (BX002) or could not hold what its orders need (BX001).
create function trading.require_accepted(counted bigint, clients bigint, held bigint, owed bigint)
returns boolean
language plpgsql as $$
begin
  if counted < clients then
    raise exception 'a client may not place these orders' using errcode = 'BX002';
  elsif held < owed then
    raise exception 'not enough available to hold' using errcode = 'BX001';
  end if;
  return true;
end
$$;
