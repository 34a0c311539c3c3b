-- One role for each kind of process, so that a stolen connection string of one service reaches only
-- that service's own work. Roles belong to the whole server and may exist already. They get their
-- passwords from the program that starts the server.
--
-- A session takes its settings from its role. Every statement is prepared once and has the same plan
-- for all values: planning it each time would cost more than running it. It finds its rows by a key: a
-- plan made while a table was small, and kept while it grows, must not read all of it.
do $$
declare
  role_name text;
  setting text;
begin
  foreach role_name in array array[
    'brokerx_identity', 'brokerx_orders', 'brokerx_matcher', 'brokerx_feed', 'brokerx_notifier',
    'brokerx_admin', 'brokerx_scheduler', 'brokerx_reports', current_user
  ] loop
    if not exists (select from pg_roles where rolname = role_name) then
      execute format('create role %I login', role_name);
    end if;
    continue when exists (
      select from pg_db_role_setting where setrole = role_name::regrole and setdatabase = 0);
    foreach setting in array array[
      'plan_cache_mode = force_generic_plan', 'enable_seqscan = off'
    ] loop
      execute format('alter role %I set %s', role_name, setting);
    end loop;
  end loop;
exception when duplicate_object or unique_violation then
  null; -- another database of the same server was migrated at the same moment
end
$$;
