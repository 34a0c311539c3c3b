import type { Day } from "../identity/client.ts";

/** The days a report covers, in the client's time zone. `to` is the last day, included. */
export type ReportDays = { readonly from: Day; readonly to: Day; readonly timeZone: string };

/**
 * The same period as instants: half-open, so that one period ends exactly where the next begins.
 */
export type Period = { readonly from: Date; readonly to: Date };

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** No zone is further from UTC than this today; the limit leaves room for changes. */
const ZONE_MS = 20 * HOUR_MS;

/** Whether the runtime knows the IANA zone, for example `America/Toronto`. */
export const isTimeZone = (name: string): boolean => {
  if (!/^[A-Za-z][A-Za-z0-9_+\-/]{0,63}$/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
};

/** Converts the days of a zone to the instants of the period. */
export const periodOf = ({ from, to, timeZone }: ReportDays): Period => ({
  from: startOfDay(from, timeZone),
  to: startOfDay(dayAfter(to), timeZone),
});

/**
 * How many days a report covers, both ends included; zero or less when they are in the wrong order.
 */
export const daysIn = ({ from, to }: ReportDays): number =>
  Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS) + 1;

/**
 * The start of each day or hour of a period and its end, ascending. A day of the zone has 23 or 25
 * hours when its clocks change; hours are always sixty minutes long.
 */
export const pointsIn = (days: ReportDays, interval: "day" | "hour"): readonly Date[] => {
  const { from, to } = periodOf(days);
  const points: Date[] = [];
  if (interval === "hour") {
    for (let at = from.getTime(); at < to.getTime(); at += HOUR_MS) points.push(new Date(at));
  } else {
    for (let day = days.from; day <= days.to; day = dayAfter(day))
      points.push(startOfDay(day, days.timeZone));
  }
  return [...points, to];
};

/** The local day of a zone at an instant. */
export const dayIn = (timeZone: string, at: Date): Day => {
  const parts = dayFormat(timeZone).formatToParts(at);
  const part = (type: string) => parts.find((found) => found.type === type)?.value ?? "";
  return `${part("year").padStart(4, "0")}-${part("month")}-${part("day")}` as Day;
};

/**
 * The first instant of a day in a zone. It is found by bisection, because some zones skip midnight
 * when their clocks go forward, and Samoa once skipped a whole day.
 */
const startOfDay = (day: Day, timeZone: string): Date => {
  const midnightUtc = Date.parse(`${day}T00:00:00Z`);
  let before = midnightUtc - ZONE_MS;
  let after = midnightUtc + ZONE_MS;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (dayIn(timeZone, new Date(middle)) < day) before = middle;
    else after = middle;
  }
  return new Date(after);
};

const dayAfter = (day: Day): Day =>
  new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10) as Day;

const formats = new Map<string, Intl.DateTimeFormat>();

const dayFormat = (timeZone: string): Intl.DateTimeFormat => {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat("en-US", {
    timeZone,
    ...{ year: "numeric", month: "2-digit", day: "2-digit" },
  });
  if (formats.size > 1_000) formats.clear();
  formats.set(timeZone, made);
  return made;
};
