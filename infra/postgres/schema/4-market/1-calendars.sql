-- When a market is open: on these days of the week (1 is Monday), between two local times. A market
-- that never closes has sessions from midnight to midnight.
create table market.calendar (
  calendar text primary key check (calendar ~ '^[A-Z0-9_]{1,16}$'),
  name text not null,
  time_zone text not null,
  opens_at time not null,
  closes_at time not null check (closes_at > opens_at),
  weekdays smallint[] not null
    check (weekdays <@ array[1, 2, 3, 4, 5, 6, 7]::smallint[] and cardinality(weekdays) > 0),
  -- The last day whose holidays are in the table below; null when the market has no holidays.
  known_until date
);

-- Days on which a market does not open, or closes early.
create table market.holiday (
  calendar text not null references market.calendar,
  day date not null,
  closes_at time,
  primary key (calendar, day)
);

insert into market.calendar (calendar, name, time_zone, opens_at, closes_at, weekdays, known_until) values
  ('ALWAYS', 'Around the clock; the trading day rolls at 00:00 UTC', 'UTC', '00:00', '24:00',
    '{1,2,3,4,5,6,7}', null),
  ('XNYS', 'New York, weekdays 09:30 to 16:00', 'America/New_York', '09:30', '16:00',
    '{1,2,3,4,5}', '2040-12-31');

-- These days follow from the rules of the exchange: nyseHolidays, which a test compares with these
-- rows.
insert into market.holiday (calendar, day, closes_at) values
  ('XNYS', '2026-01-01', null), ('XNYS', '2026-01-19', null), ('XNYS', '2026-02-16', null),
  ('XNYS', '2026-04-03', null), ('XNYS', '2026-05-25', null), ('XNYS', '2026-06-19', null),
  ('XNYS', '2026-07-03', null), ('XNYS', '2026-09-07', null), ('XNYS', '2026-11-26', null),
  ('XNYS', '2026-11-27', '13:00'), ('XNYS', '2026-12-24', '13:00'), ('XNYS', '2026-12-25', null),
  ('XNYS', '2027-01-01', null), ('XNYS', '2027-01-18', null), ('XNYS', '2027-02-15', null),
  ('XNYS', '2027-03-26', null), ('XNYS', '2027-05-31', null), ('XNYS', '2027-06-18', null),
  ('XNYS', '2027-07-05', null), ('XNYS', '2027-09-06', null), ('XNYS', '2027-11-25', null),
  ('XNYS', '2027-11-26', '13:00'), ('XNYS', '2027-12-24', null),
  ('XNYS', '2028-01-17', null), ('XNYS', '2028-02-21', null), ('XNYS', '2028-04-14', null),
  ('XNYS', '2028-05-29', null), ('XNYS', '2028-06-19', null), ('XNYS', '2028-07-03', '13:00'),
  ('XNYS', '2028-07-04', null), ('XNYS', '2028-09-04', null), ('XNYS', '2028-11-23', null),
  ('XNYS', '2028-11-24', '13:00'), ('XNYS', '2028-12-25', null),
  ('XNYS', '2029-01-01', null), ('XNYS', '2029-01-15', null), ('XNYS', '2029-02-19', null),
  ('XNYS', '2029-03-30', null), ('XNYS', '2029-05-28', null), ('XNYS', '2029-06-19', null),
  ('XNYS', '2029-07-03', '13:00'), ('XNYS', '2029-07-04', null), ('XNYS', '2029-09-03', null),
  ('XNYS', '2029-11-22', null), ('XNYS', '2029-11-23', '13:00'), ('XNYS', '2029-12-24', '13:00'),
  ('XNYS', '2029-12-25', null),
  ('XNYS', '2030-01-01', null), ('XNYS', '2030-01-21', null), ('XNYS', '2030-02-18', null),
  ('XNYS', '2030-04-19', null), ('XNYS', '2030-05-27', null), ('XNYS', '2030-06-19', null),
  ('XNYS', '2030-07-03', '13:00'), ('XNYS', '2030-07-04', null), ('XNYS', '2030-09-02', null),
  ('XNYS', '2030-11-28', null), ('XNYS', '2030-11-29', '13:00'), ('XNYS', '2030-12-24', '13:00'),
  ('XNYS', '2030-12-25', null),
  ('XNYS', '2031-01-01', null), ('XNYS', '2031-01-20', null), ('XNYS', '2031-02-17', null),
  ('XNYS', '2031-04-11', null), ('XNYS', '2031-05-26', null), ('XNYS', '2031-06-19', null),
  ('XNYS', '2031-07-03', '13:00'), ('XNYS', '2031-07-04', null), ('XNYS', '2031-09-01', null),
  ('XNYS', '2031-11-27', null), ('XNYS', '2031-11-28', '13:00'), ('XNYS', '2031-12-24', '13:00'),
  ('XNYS', '2031-12-25', null),
  ('XNYS', '2032-01-01', null), ('XNYS', '2032-01-19', null), ('XNYS', '2032-02-16', null),
  ('XNYS', '2032-03-26', null), ('XNYS', '2032-05-31', null), ('XNYS', '2032-06-18', null),
  ('XNYS', '2032-07-05', null), ('XNYS', '2032-09-06', null), ('XNYS', '2032-11-25', null),
  ('XNYS', '2032-11-26', '13:00'), ('XNYS', '2032-12-24', null),
  ('XNYS', '2033-01-17', null), ('XNYS', '2033-02-21', null), ('XNYS', '2033-04-15', null),
  ('XNYS', '2033-05-30', null), ('XNYS', '2033-06-20', null), ('XNYS', '2033-07-04', null),
  ('XNYS', '2033-09-05', null), ('XNYS', '2033-11-24', null), ('XNYS', '2033-11-25', '13:00'),
  ('XNYS', '2033-12-26', null),
  ('XNYS', '2034-01-02', null), ('XNYS', '2034-01-16', null), ('XNYS', '2034-02-20', null),
  ('XNYS', '2034-04-07', null), ('XNYS', '2034-05-29', null), ('XNYS', '2034-06-19', null),
  ('XNYS', '2034-07-03', '13:00'), ('XNYS', '2034-07-04', null), ('XNYS', '2034-09-04', null),
  ('XNYS', '2034-11-23', null), ('XNYS', '2034-11-24', '13:00'), ('XNYS', '2034-12-25', null),
  ('XNYS', '2035-01-01', null), ('XNYS', '2035-01-15', null), ('XNYS', '2035-02-19', null),
  ('XNYS', '2035-03-23', null), ('XNYS', '2035-05-28', null), ('XNYS', '2035-06-19', null),
  ('XNYS', '2035-07-03', '13:00'), ('XNYS', '2035-07-04', null), ('XNYS', '2035-09-03', null),
  ('XNYS', '2035-11-22', null), ('XNYS', '2035-11-23', '13:00'), ('XNYS', '2035-12-24', '13:00'),
  ('XNYS', '2035-12-25', null),
  ('XNYS', '2036-01-01', null), ('XNYS', '2036-01-21', null), ('XNYS', '2036-02-18', null),
  ('XNYS', '2036-04-11', null), ('XNYS', '2036-05-26', null), ('XNYS', '2036-06-19', null),
  ('XNYS', '2036-07-03', '13:00'), ('XNYS', '2036-07-04', null), ('XNYS', '2036-09-01', null),
  ('XNYS', '2036-11-27', null), ('XNYS', '2036-11-28', '13:00'), ('XNYS', '2036-12-24', '13:00'),
  ('XNYS', '2036-12-25', null),
  ('XNYS', '2037-01-01', null), ('XNYS', '2037-01-19', null), ('XNYS', '2037-02-16', null),
  ('XNYS', '2037-04-03', null), ('XNYS', '2037-05-25', null), ('XNYS', '2037-06-19', null),
  ('XNYS', '2037-07-03', null), ('XNYS', '2037-09-07', null), ('XNYS', '2037-11-26', null),
  ('XNYS', '2037-11-27', '13:00'), ('XNYS', '2037-12-24', '13:00'), ('XNYS', '2037-12-25', null),
  ('XNYS', '2038-01-01', null), ('XNYS', '2038-01-18', null), ('XNYS', '2038-02-15', null),
  ('XNYS', '2038-04-23', null), ('XNYS', '2038-05-31', null), ('XNYS', '2038-06-18', null),
  ('XNYS', '2038-07-05', null), ('XNYS', '2038-09-06', null), ('XNYS', '2038-11-25', null),
  ('XNYS', '2038-11-26', '13:00'), ('XNYS', '2038-12-24', null),
  ('XNYS', '2039-01-17', null), ('XNYS', '2039-02-21', null), ('XNYS', '2039-04-08', null),
  ('XNYS', '2039-05-30', null), ('XNYS', '2039-06-20', null), ('XNYS', '2039-07-04', null),
  ('XNYS', '2039-09-05', null), ('XNYS', '2039-11-24', null), ('XNYS', '2039-11-25', '13:00'),
  ('XNYS', '2039-12-26', null),
  ('XNYS', '2040-01-02', null), ('XNYS', '2040-01-16', null), ('XNYS', '2040-02-20', null),
  ('XNYS', '2040-03-30', null), ('XNYS', '2040-05-28', null), ('XNYS', '2040-06-19', null),
  ('XNYS', '2040-07-03', '13:00'), ('XNYS', '2040-07-04', null), ('XNYS', '2040-09-03', null),
  ('XNYS', '2040-11-22', null), ('XNYS', '2040-11-23', '13:00'), ('XNYS', '2040-12-24', '13:00'),
  ('XNYS', '2040-12-25', null);

grant select on market.calendar, market.holiday
  to brokerx_orders, brokerx_matcher, brokerx_feed, brokerx_admin, brokerx_scheduler;
