-- Locks balances in the order of their keys, as every process does, so that no deadlock is
-- possible.
create function ledger.lock_balances(clients uuid[], assets text[]) returns void
language plpgsql as $$
begin
  perform
  from unnest(clients, assets) as wanted (client_id, asset)
  join ledger.balance on balance.client_id = wanted.client_id and balance.asset = wanted.asset
  order by balance.client_id, balance.asset
  for update of balance;
end
$$;
