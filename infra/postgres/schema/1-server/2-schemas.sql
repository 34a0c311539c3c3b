-- One schema for each bounded context.
create schema identity;
create schema ledger;
create schema market;
create schema trading;

grant usage on schema identity 
  to brokerx_identity, brokerx_orders, brokerx_feed, brokerx_notifier, brokerx_admin,
    brokerx_scheduler;
grant usage on schema ledger
  to brokerx_identity, brokerx_orders, brokerx_matcher, brokerx_notifier, brokerx_admin,
    brokerx_scheduler;
grant usage on schema market
  to brokerx_orders, brokerx_matcher, brokerx_feed, brokerx_notifier, brokerx_admin,
    brokerx_scheduler;
grant usage on schema trading
  to brokerx_identity, brokerx_orders, brokerx_matcher, brokerx_feed, brokerx_notifier,
    brokerx_admin, brokerx_scheduler;

-- Journals, trades and audit rows are written once. Privileges keep the services from changing them;
-- a trigger with this function keeps the owner from changing them by mistake. Triggers that guard rows
-- are enabled always: the setting `session_replication_role` does not silence them.
create function ledger.refuse_change() returns trigger
language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end
$$;
