-- The privileges of the process that makes reports: it reads the books and their owners' names, and
-- writes only audit rows, when an operator reads the report of a client.
grant usage on schema identity, ledger, market, trading to brokerx_reports;
grant select (client_id, email, first_name, last_name, status, roles) on identity.client
  to brokerx_reports;
grant select (session_id, client_id, ended_at) on identity.session to brokerx_reports;
grant select, update (last_used_at) on identity.api_key to brokerx_reports;
grant select on ledger.journal, ledger.balance to brokerx_reports;
grant select on trading.trade, trading."order", trading.amendment, trading.account
  to brokerx_reports;
grant select on market.instrument to brokerx_reports;
grant insert on trading.audit to brokerx_reports;
