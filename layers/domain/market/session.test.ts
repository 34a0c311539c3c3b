import assert from "node:assert/strict";
import { test } from "node:test";
import type { Day } from "../identity/client.ts";
import { type Calendar, isOpenAt, sessionsAround } from "./session.ts";

const newYork: Calendar = {
  code: "XNYS",
  timeZone: "America/New_York",
  opensAtMinute: 9 * 60 + 30,
  closesAtMinute: 16 * 60,
  weekdays: new Set([1, 2, 3, 4, 5]),
  holidays: new Map<Day, number | "closed">([
    ["2026-11-26" as Day, "closed"],
    ["2026-11-27" as Day, 13 * 60],
  ]),
};
const always: Calendar = {
  code: "ALWAYS",
  timeZone: "UTC",
  opensAtMinute: 0,
  closesAtMinute: 1_440,
  weekdays: new Set([1, 2, 3, 4, 5, 6, 7]),
  holidays: new Map(),
};

const around = (calendar: Calendar, moment: string) => {
  const { lastEnd, current, next } = sessionsAround(calendar, new Date(moment));
  const show = (time: Date | undefined) => time?.toISOString().slice(0, 16);
  return {
    lastEnd: show(lastEnd),
    current: current && [show(current.opensAt), show(current.closesAt)],
    next: show(next?.opensAt),
  };
};

test("on a weekday New York trades from 9:30 to 16:00 local time", () => {
  assert.deepEqual(around(newYork, "2026-11-23T15:00:00Z"), {
    lastEnd: "2026-11-20T21:00",
    current: ["2026-11-23T14:30", "2026-11-23T21:00"],
    next: "2026-11-24T14:30",
  });
});

test("the opening moment is in the session and the closing moment is not", () => {
  assert.equal(around(newYork, "2026-11-23T14:29:59.999Z").current, undefined);
  assert.notEqual(around(newYork, "2026-11-23T14:30:00Z").current, undefined);
  assert.notEqual(around(newYork, "2026-11-23T20:59:59.999Z").current, undefined);
  assert.equal(around(newYork, "2026-11-23T21:00:00Z").current, undefined);
  assert.equal(around(newYork, "2026-11-23T21:00:00Z").lastEnd, "2026-11-23T21:00");
});

test("after Friday's close the next session is Monday's", () => {
  assert.deepEqual(around(newYork, "2026-11-21T12:00:00Z"), {
    lastEnd: "2026-11-20T21:00",
    current: undefined,
    next: "2026-11-23T14:30",
  });
});

test("a holiday has no session, and the day after it ends early", () => {
  assert.deepEqual(around(newYork, "2026-11-26T16:00:00Z"), {
    lastEnd: "2026-11-25T21:00",
    current: undefined,
    next: "2026-11-27T14:30",
  });
  assert.deepEqual(around(newYork, "2026-11-27T17:00:00Z").current, [
    "2026-11-27T14:30",
    "2026-11-27T18:00",
  ]);
});

test("when the clocks change, the session keeps its local hours", () => {
  assert.deepEqual(around(newYork, "2027-03-12T15:00:00Z").current, [
    "2027-03-12T14:30",
    "2027-03-12T21:00",
  ]);
  assert.equal(around(newYork, "2027-03-12T22:00:00Z").next, "2027-03-15T13:30");
  assert.equal(around(newYork, "2026-10-30T22:00:00Z").next, "2026-11-02T14:30");
});

test("a market around the clock is always in a session, and its day ends at midnight UTC", () => {
  for (const moment of ["2026-11-22T00:00:00Z", "2026-11-22T12:34:56Z", "2026-11-22T23:59:59.999Z"])
    assert.deepEqual(around(always, moment), {
      lastEnd: "2026-11-22T00:00",
      current: ["2026-11-22T00:00", "2026-11-23T00:00"],
      next: "2026-11-23T00:00",
    });
});

test("in a zone ahead of UTC, the session that began on the UTC day before is found", () => {
  const sydney = { ...always, code: "SYD", timeZone: "Australia/Sydney" };
  assert.deepEqual(around(sydney, "2026-11-22T14:00:00Z").current, [
    "2026-11-22T13:00",
    "2026-11-23T13:00",
  ]);
});

test("sessions that were read a moment ago still say when the market opens and closes", () => {
  const sessions = sessionsAround(newYork, new Date("2026-11-23T20:59:59.900Z"));
  assert.equal(isOpenAt(sessions, new Date("2026-11-23T20:59:59.999Z")), true);
  assert.equal(isOpenAt(sessions, new Date("2026-11-23T21:00:00.000Z")), false);
  const before = sessionsAround(newYork, new Date("2026-11-23T14:29:59.900Z"));
  assert.equal(isOpenAt(before, new Date("2026-11-23T14:30:00.100Z")), true);
});

test("a market that never opens has no next session", () => {
  const shut = { ...newYork, weekdays: new Set<number>() };
  assert.deepEqual(around(shut, "2026-11-23T15:00:00Z"), {
    lastEnd: undefined,
    current: undefined,
    next: undefined,
  });
});
