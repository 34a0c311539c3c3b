import { type Calendar, sessionsAround } from "../../layers/domain/market/session.ts";
import { adminOf } from "../../layers/http/admin-call.ts";
import { endpoint } from "../../layers/http/endpoint.ts";
import { runtime } from "../../layers/runtime.ts";
import { administer } from "../../layers/store/identity/admins.ts";
import { listCalendars } from "../../layers/store/market/calendars.ts";
import { listCalendarsContract } from "./contract.ts";

const HOLIDAYS_SHOWN = 10;

export const handler = endpoint(runtime, listCalendarsContract, async (call) => {
  const calendars = await administer(runtime.database, adminOf(call), async (tx) => ({
    result: await listCalendars(tx),
  }));
  const now = runtime.clock();
  return { status: 200, body: { calendars: calendars.map((calendar) => show(calendar, now)) } };
});

const timeOfDay = (minutes: number): string =>
  [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, "0")).join(":");

const nextHolidays = ({ holidays }: Calendar, now: Date) =>
  [...holidays]
    .filter(([day]) => day >= now.toISOString().slice(0, 10))
    .sort(([left], [right]) => left.localeCompare(right))
    .slice(0, HOLIDAYS_SHOWN)
    .map(([day, end]) => ({ day, closes_at: end === "closed" ? null : timeOfDay(end) }));

const show = (calendar: Calendar, now: Date) => {
  const { current, next } = sessionsAround(calendar, now);
  return {
    calendar: calendar.code,
    time_zone: calendar.timeZone,
    opens_at: timeOfDay(calendar.opensAtMinute),
    closes_at: timeOfDay(calendar.closesAtMinute),
    weekdays: [...calendar.weekdays],
    known_until: calendar.knownUntil ?? null,
    open: current !== undefined,
    next_session:
      next === undefined
        ? null
        : { opens_at: next.opensAt.toISOString(), closes_at: next.closesAt.toISOString() },
    holidays: nextHolidays(calendar, now),
  };
};
