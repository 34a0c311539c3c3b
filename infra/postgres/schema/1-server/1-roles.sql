-- One role for each kind of process, so that a stolen connection string of one service reaches only
-- that service's own work. Roles belong to the whole server and may exist already. They get their
-- passwords from the program that starts the server.
do $$
declare
  role_name text;
begin
  foreach role_name in array array[
    'brokerx_identity', 'brokerx_orders', 'brokerx_matcher', 'brokerx_feed', 'brokerx_notifier',
    'brokerx_admin', 'brokerx_scheduler'
  ] loop
    if not exists (select from pg_roles where rolname = role_name) then
      execute format('create role %I login', role_name);
    end if;
  end loop;
exception when duplicate_object or unique_violation then
  null; -- another database of the same server was migrated at the same moment
end
$$;
