-- A report of a finished period must have the same bytes each time, so everything that it prints must be
-- known as it was at the end of the period. What can change later is kept here under its old value: a
-- row has the values that were in force until `until`; the values in force now are in their own tables.
create table identity.former_name (
  client_id uuid not null references identity.client,
  until timestamptz not null default clock_timestamp(),
  first_name text not null,
  last_name text not null,
  email text not null,
  primary key (client_id, until)
);
create table market.former_reference_price (
  symbol text not null references market.instrument,
  until timestamptz not null default clock_timestamp(),
  price bigint,
  primary key (symbol, until)
);

create function identity.keep_former_name() returns trigger
language plpgsql as $$
begin
  insert into identity.former_name (client_id, first_name, last_name, email)
  values (old.client_id, old.first_name, old.last_name, old.email);
  return null;
end
$$;
-- A pending sign-up has no reports, and its name need not be the owner's.
create trigger client_keeps_former_name after update on identity.client
  for each row when (old.status <> 'pending'
    and (old.first_name, old.last_name, old.email) is distinct from (new.first_name, new.last_name, new.email))
  execute function identity.keep_former_name();
alter table identity.client enable always trigger client_keeps_former_name;

create function market.keep_former_reference_price() returns trigger
language plpgsql as $$
begin
  insert into market.former_reference_price (symbol, price) values (old.symbol, old.reference_price);
  return null;
end
$$;
create trigger instrument_keeps_former_reference_price after update on market.instrument
  for each row when (old.reference_price is distinct from new.reference_price)
  execute function market.keep_former_reference_price();
alter table market.instrument enable always trigger instrument_keeps_former_reference_price;

create trigger former_name_is_append_only before update or delete or truncate on identity.former_name
  for each statement execute function ledger.refuse_change();
alter table identity.former_name enable always trigger former_name_is_append_only;
create trigger former_reference_price_is_append_only
  before update or delete or truncate on market.former_reference_price
  for each statement execute function ledger.refuse_change();
alter table market.former_reference_price
  enable always trigger former_reference_price_is_append_only;

grant insert (client_id, first_name, last_name, email) on identity.former_name to brokerx_identity;
grant insert (symbol, price) on market.former_reference_price to brokerx_admin;
grant select on identity.former_name, market.former_reference_price, trading.activity,
    trading.activity_outbox
  to brokerx_reports;
-- The month-end statements have names and open orders, and no prices.
grant select on identity.former_name, trading.activity, trading.activity_outbox
  to brokerx_notifier;
