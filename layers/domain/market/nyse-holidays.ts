import { assert } from "../assert.ts";
import { type Day, dayOf } from "../identity/client.ts";

/** A day without a session, or the local minute at which its session ends early. */
type Holiday = { readonly day: Day; readonly closesAtMinute: number | "closed" };

const EARLY_CLOSE = 13 * 60;
const SATURDAY = 6;
const SUNDAY = 0;
const MONDAY = 1;
const THURSDAY = 4;

/**
 * Lists the holidays and early closes of the New York Stock Exchange in one year, sorted by day.
 *
 * The rules are those of NYSE Rule 7.2 and the exchange's published calendars: a holiday on a Sunday
 * is observed on Monday, one on a Saturday on Friday. New Year's Day on a Saturday is not observed.
 * The session ends at 13:00 on the day after Thanksgiving, and on 3 July and 24 December when that day
 * and the holiday after it are weekdays. Special closures (storms, funerals) follow no rule.
 */
export const nyseHolidays = (year: number): readonly Holiday[] => {
  assert(year >= 2022, "Juneteenth is a holiday of the exchange since 2022");
  const thanksgiving = nthWeekday(year, 11, THURSDAY, 4);
  const closed = [
    ...observed(year, 1, 1).filter((date) => date.getUTCFullYear() === year),
    nthWeekday(year, 1, MONDAY, 3),
    nthWeekday(year, 2, MONDAY, 3),
    daysAfter(easterSunday(year), -2),
    lastMonday(year, 5),
    ...observed(year, 6, 19),
    ...observed(year, 7, 4),
    nthWeekday(year, 9, MONDAY, 1),
    thanksgiving,
    ...observed(year, 12, 25),
  ].map(dayOf);
  const early = [
    daysAfter(thanksgiving, 1),
    ...[utc(year, 7, 3), utc(year, 12, 24)].filter(
      (eve) => isWeekday(eve) && isWeekday(daysAfter(eve, 1)),
    ),
  ].map(dayOf);
  return [
    ...closed.map((day): Holiday => ({ day, closesAtMinute: "closed" })),
    ...early.map((day): Holiday => ({ day, closesAtMinute: EARLY_CLOSE })),
  ].sort((left, right) => left.day.localeCompare(right.day));
};

const utc = (year: number, month: number, day: number): Date =>
  new Date(Date.UTC(year, month - 1, day));

const daysAfter = (date: Date, days: number): Date => new Date(date.getTime() + days * 86_400_000);

const isWeekday = (date: Date): boolean =>
  date.getUTCDay() !== SATURDAY && date.getUTCDay() !== SUNDAY;

/** Moves a holiday with a fixed date to the weekday on which it is observed, or to none. */
const observed = (year: number, month: number, day: number): readonly Date[] => {
  const date = utc(year, month, day);
  if (date.getUTCDay() === SATURDAY) return [daysAfter(date, -1)];
  return [date.getUTCDay() === SUNDAY ? daysAfter(date, 1) : date];
};

/** The nth given weekday of a month, counted from 1. */
const nthWeekday = (year: number, month: number, weekday: number, nth: number): Date => {
  const first = utc(year, month, 1);
  const days = (weekday - first.getUTCDay() + 7) % 7;
  return daysAfter(first, days + 7 * (nth - 1));
};

const lastMonday = (year: number, month: number): Date => {
  const last = daysAfter(utc(year, month + 1, 1), -1);
  return daysAfter(last, -((last.getUTCDay() - MONDAY + 7) % 7));
};

/** Gregorian Easter by the algorithm of Meeus, Jones and Butcher. */
const easterSunday = (year: number): Date => {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const d =
    (19 * a + b - Math.floor(b / 4) - Math.floor((b - Math.floor((b + 8) / 25) + 1) / 3) + 15) % 30;
  const e = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - d - (c % 4)) % 7;
  const f = d + e - 7 * Math.floor((a + 11 * d + 22 * e) / 451) + 114;
  return utc(year, Math.floor(f / 31), (f % 31) + 1);
};
