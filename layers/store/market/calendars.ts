import type { Day } from "../../domain/identity/client.ts";
import type { Calendar } from "../../domain/market/session.ts";
import { type Executor, sql } from "../pg/database.ts";

type CalendarRow = {
  readonly calendar: string;
  readonly time_zone: string;
  readonly opens_at: number;
  readonly closes_at: number;
  readonly weekdays: readonly number[];
  readonly known_until: string | null;
  readonly holidays: readonly { readonly day: string; readonly closes_at: number | null }[];
};

/** Lists every market calendar with its holidays. */
export const listCalendars = async (db: Executor): Promise<readonly Calendar[]> => {
  const { rows } = await db.query<CalendarRow>(sql`
    select calendar, time_zone, weekdays, known_until::text,
      (extract(epoch from opens_at) / 60)::integer as opens_at,
      (extract(epoch from closes_at) / 60)::integer as closes_at,
      coalesce((
        select json_agg(json_build_object(
          'day', day, 'closes_at', (extract(epoch from holiday.closes_at) / 60)::integer))
        from market.holiday
        where holiday.calendar = calendar.calendar), '[]') as holidays
    from market.calendar
    order by calendar`);
  return rows.map((row) => ({
    code: row.calendar,
    timeZone: row.time_zone,
    opensAtMinute: row.opens_at,
    closesAtMinute: row.closes_at,
    weekdays: new Set(row.weekdays),
    holidays: new Map(
      row.holidays.map((holiday) => [holiday.day as Day, holiday.closes_at ?? "closed"]),
    ),
    knownUntil: (row.known_until ?? undefined) as Day | undefined,
  }));
};
