import { type Day, dayOf } from "../identity/client.ts";

/**
 * When a market is open, in its local time. Minutes count from local midnight; 1,440 is the next
 * midnight.
 */
export type Calendar = {
  readonly code: string;
  readonly timeZone: string;
  readonly opensAtMinute: number;
  readonly closesAtMinute: number;
  /** Days of the week; 1 is Monday. */
  readonly weekdays: ReadonlySet<number>;
  /** Days without a session, or with the minute of an early close. */
  readonly holidays: ReadonlyMap<Day, number | "closed">;
  /** The last day whose holidays are known; undefined for a calendar without holidays. */
  readonly knownUntil?: Day | undefined;
};

/** The time in which orders reach the book; the end itself is excluded. */
export type Session = { readonly opensAt: Date; readonly closesAt: Date };

/** The sessions around a moment. A calendar that never opens again has no next session. */
export type Sessions = {
  /** The end of the calendar's data: sessions after it are not known. */
  readonly knownUntil?: Date | undefined;
  readonly lastEnd: Date | undefined;
  readonly current: Session | undefined;
  readonly next: Session | undefined;
};

/** How far back and ahead a session is searched: longer than any market stays closed. */
const DAYS_LOOKED = 31;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** Finds the session at a moment, the end of the session before it, and the next session. */
export const sessionsAround = (calendar: Calendar, moment: Date): Sessions => {
  const today = localDay(calendar.timeZone, moment);
  const current = [-1, 0]
    .map((days) => sessionOn(calendar, dayAfter(today, days)))
    .find((session) => session !== undefined && isIn(session, moment));
  let lastEnd: Date | undefined;
  for (let days = 1; days >= -DAYS_LOOKED && lastEnd === undefined; days -= 1) {
    const end = sessionOn(calendar, dayAfter(today, days))?.closesAt;
    if (end !== undefined && end <= moment) lastEnd = end;
  }
  let next: Session | undefined;
  for (let days = -1; days <= DAYS_LOOKED && next === undefined; days += 1) {
    const session = sessionOn(calendar, dayAfter(today, days));
    if (session !== undefined && session.opensAt > moment) next = session;
  }
  return { knownUntil: endOfData(calendar), lastEnd, current, next };
};

/**
 * Returns whether orders reach the book at this moment, by sessions that were read a little
 * earlier.
 */
export const isOpenAt = ({ current, next }: Sessions, moment: Date): boolean =>
  (current !== undefined && isIn(current, moment)) || (next !== undefined && isIn(next, moment));

/** The start of the day after the last day whose holidays are known. */
const endOfData = ({ timeZone, knownUntil }: Calendar): Date | undefined =>
  knownUntil && instantOf(timeZone, dayAfter(knownUntil, 1), 0);

const isIn = ({ opensAt, closesAt }: Session, moment: Date): boolean =>
  opensAt <= moment && moment < closesAt;

const sessionOn = (calendar: Calendar, day: Day): Session | undefined => {
  const { timeZone, opensAtMinute, weekdays, holidays } = calendar;
  if (calendar.knownUntil !== undefined && day > calendar.knownUntil) return undefined;
  const end = holidays.get(day) ?? calendar.closesAtMinute;
  if (end === "closed" || end <= opensAtMinute) return undefined;
  if (!weekdays.has(new Date(`${day}T00:00:00Z`).getUTCDay() || 7)) return undefined;
  return {
    opensAt: instantOf(timeZone, day, opensAtMinute),
    closesAt: instantOf(timeZone, day, end),
  };
};

const dayAfter = (day: Day, days: number): Day =>
  dayOf(new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS));

/** The offset of a zone from UTC at a moment, in milliseconds. */
const offsetAt = (timeZone: string, moment: Date): number => {
  const shown = new Map(
    formatOf(timeZone)
      .formatToParts(moment)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes): number => shown.get(type) ?? 0;
  const local = Date.UTC(
    part("year"),
    part("month") - 1,
    part("day"),
    part("hour"),
    part("minute"),
    part("second"),
  );
  return local - Math.floor(moment.getTime() / 1_000) * 1_000;
};

const formats = new Map<string, Intl.DateTimeFormat>();

/** Creating a formatter costs a hundred times more than using it. */
const formatOf = (timeZone: string): Intl.DateTimeFormat => {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    ...{ year: "numeric", month: "numeric", day: "numeric" },
    ...{ hour: "numeric", minute: "numeric", second: "numeric" },
  });
  formats.set(timeZone, made);
  return made;
};

const localDay = (timeZone: string, moment: Date): Day =>
  dayOf(new Date(moment.getTime() + offsetAt(timeZone, moment)));

/**
 * The moment at which a zone's clock shows these minutes of a day. The second step corrects a clock
 * change.
 */
const instantOf = (timeZone: string, day: Day, minute: number): Date => {
  const shown = Date.parse(`${day}T00:00:00Z`) + minute * MINUTE_MS;
  const first = shown - offsetAt(timeZone, new Date(shown));
  return new Date(shown - offsetAt(timeZone, new Date(first)));
};
