-- When a market is open: on these days of the week (1 is Monday), between two times of its own clock.
-- A market around the clock has sessions from midnight to midnight, one after the other.
create table market.calendar (
  calendar text primary key check (calendar ~ '^[A-Z0-9_]{1,16}$'),
  name text not null,
  time_zone text not null,
  opens_at time not null,
  closes_at time not null check (closes_at > opens_at),
  weekdays smallint[] not null
    check (weekdays <@ array[1, 2, 3, 4, 5, 6, 7]::smallint[] and cardinality(weekdays) > 0)
);

-- Days on which a market does not open, or closes early.
create table market.holiday (
  calendar text not null references market.calendar,
  day date not null,
  closes_at time,
  primary key (calendar, day)
);

insert into market.calendar (calendar, name, time_zone, opens_at, closes_at, weekdays) values
  ('ALWAYS', 'Around the clock; the trading day rolls at 00:00 UTC', 'UTC', '00:00', '24:00', '{1,2,3,4,5,6,7}'),
  ('XNYS', 'New York, weekdays 09:30 to 16:00', 'America/New_York', '09:30', '16:00', '{1,2,3,4,5}');

insert into market.holiday (calendar, day, closes_at) values
  ('XNYS', '2026-11-26', null), ('XNYS', '2026-11-27', '13:00'), ('XNYS', '2026-12-24', '13:00'),
  ('XNYS', '2026-12-25', null), ('XNYS', '2027-01-01', null), ('XNYS', '2027-01-18', null),
  ('XNYS', '2027-02-15', null), ('XNYS', '2027-03-26', null), ('XNYS', '2027-05-31', null),
  ('XNYS', '2027-06-18', null), ('XNYS', '2027-07-05', null), ('XNYS', '2027-09-06', null),
  ('XNYS', '2027-11-25', null), ('XNYS', '2027-11-26', '13:00'), ('XNYS', '2027-12-24', null);

grant select on market.calendar, market.holiday
  to brokerx_orders, brokerx_matcher, brokerx_feed, brokerx_admin, brokerx_scheduler;
