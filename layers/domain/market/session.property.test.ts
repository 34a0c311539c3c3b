import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Calendar, type Session, sessionsAround } from "./session.ts";

// Any market at any moment of five years, including clock changes.

const ZONES = [
  ...["UTC", "America/New_York", "Europe/London", "Asia/Kolkata", "Australia/Lord_Howe"],
  ...["Pacific/Apia", "Pacific/Kiritimati", "America/St_Johns"],
];

const calendars: fc.Arbitrary<Calendar> = fc
  .record({
    timeZone: fc.constantFrom(...ZONES),
    // Clocks change at night; a market that opened at that moment would not have such a time.
    opensAtMinute: fc.integer({ min: 5 * 60, max: 20 * 60 }),
    length: fc.integer({ min: 1, max: 240 }),
    weekdays: fc.subarray([1, 2, 3, 4, 5, 6, 7], { minLength: 1 }),
  })
  .map(({ timeZone, opensAtMinute, length, weekdays }) => ({
    ...{ code: "ANY", timeZone, opensAtMinute, closesAtMinute: opensAtMinute + length },
    ...{ weekdays: new Set(weekdays), holidays: new Map() },
  }));

const moments = fc
  .integer({ min: Date.UTC(2025, 0), max: Date.UTC(2030, 0) })
  .map((time) => new Date(time));

/** The local time in minutes of the day, and the local day of the week. */
const shownAt = (timeZone: string, moment: Date) => {
  const text = moment.toLocaleString("en-GB", {
    ...{ timeZone, weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  });
  const [, day = "", hour, minute] = /(\w{3}).*?(\d\d):(\d\d)/.exec(text) ?? [];
  const weekday = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].indexOf(day) + 1;
  return { weekday, minute: Number(hour) * 60 + Number(minute) };
};

const assertSession = (calendar: Calendar, { opensAt, closesAt }: Session): void => {
  const open = shownAt(calendar.timeZone, opensAt);
  assert.equal(open.minute, calendar.opensAtMinute);
  assert.equal(shownAt(calendar.timeZone, closesAt).minute, calendar.closesAtMinute % 1_440);
  assert.ok(calendar.weekdays.has(open.weekday));
};

test("every session opens and closes at the market's local times, on its days", () => {
  let inside = 0;
  let outside = 0;
  fc.assert(
    fc.property(calendars, moments, (calendar, moment) => {
      const { lastEnd, current, next } = sessionsAround(calendar, moment);
      assert.ok(lastEnd !== undefined && lastEnd <= moment);
      assert.ok(next !== undefined && next.opensAt > moment);
      assert.ok(next.opensAt.getTime() - lastEnd.getTime() <= 15 * 86_400_000);
      assertSession(calendar, next);
      if (current === undefined) outside += 1;
      else {
        inside += 1;
        assert.ok(current.opensAt <= moment && moment < current.closesAt);
        assert.ok(lastEnd <= current.opensAt && current.closesAt <= next.opensAt);
        assertSession(calendar, current);
      }
    }),
    { numRuns: 2_000 },
  );
  assert.ok(inside > 50 && outside > 500, `${inside} moments in a session, ${outside} outside`);
});

test("no session lies between a moment outside a session and the next opening", () => {
  fc.assert(
    fc.property(calendars, moments, (calendar, moment) => {
      const { current, next } = sessionsAround(calendar, moment);
      if (current !== undefined || next === undefined) return;
      const justBefore = new Date(next.opensAt.getTime() - 1);
      const seen = sessionsAround(calendar, justBefore);
      assert.equal(seen.current, undefined);
      assert.equal(seen.next?.opensAt.getTime(), next.opensAt.getTime());
      const opening = sessionsAround(calendar, next.opensAt).current;
      assert.equal(opening?.closesAt.getTime(), next.closesAt.getTime());
    }),
    { numRuns: 500 },
  );
});
