-- One schema a bounded context, and one role a kind of process, so that a stolen connection string
-- of one service reaches no further than that service's own work. Roles belong to the whole server
-- and may exist already; they get their passwords from whoever starts the server.
do $$
declare
  role_name text;
begin
  foreach role_name in array array['brokerx_identity', 'brokerx_orders', 'brokerx_matcher', 'brokerx_feed', 'brokerx_notifier'] loop
    if not exists (select from pg_roles where rolname = role_name) then
      execute format('create role %I login', role_name);
    end if;
  end loop;
exception when duplicate_object or unique_violation then
  null; -- another database of the same server was migrated at the same moment
end
$$;

create schema identity;
create schema ledger;
create schema trading;
create schema market;

grant usage on schema identity to brokerx_identity, brokerx_notifier;
grant usage on schema ledger to brokerx_identity, brokerx_orders, brokerx_matcher, brokerx_notifier;
grant usage on schema trading to brokerx_identity, brokerx_orders, brokerx_matcher, brokerx_feed, brokerx_notifier;
grant usage on schema market to brokerx_orders, brokerx_matcher, brokerx_feed, brokerx_notifier;

-- Journals and audit rows are written once. Privileges keep the services from changing them; this
-- trigger keeps everybody else, the owner included.
create function ledger.refuse_change() returns trigger
language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end
$$;
