-- Deletes keys that were used eight days ago, the oldest first, and returns how many; clients may rely on
-- seven days. The age is not a parameter, so that no service can delete a younger key.
create function ledger.purge_idempotency_keys(at_most integer) returns bigint
language sql security definer set search_path = pg_catalog, pg_temp as $$
  with purged as (
    delete from ledger.idempotency_key
    where created_at <= (
      select max(created_at)
      from (
        select created_at
        from ledger.idempotency_key
        where created_at < now() - interval '8 days'
        order by created_at
        limit at_most
      ) as oldest
    )
    returning 1
  )
  select count(*) from purged
$$;
revoke execute on function ledger.purge_idempotency_keys from public;
grant execute on function ledger.purge_idempotency_keys to brokerx_notifier;
