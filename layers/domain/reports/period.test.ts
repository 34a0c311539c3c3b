import assert from "node:assert/strict";
import { test } from "node:test";
import type { Day } from "../identity/client.ts";
import { dayIn, daysIn, isTimeZone, periodOf, pointsIn } from "./period.ts";

const days = (from: string, to: string, timeZone = "UTC") => ({
  ...{ from: from as Day, to: to as Day, timeZone },
});
const shown = (from: string, to: string, timeZone?: string) => {
  const period = periodOf(days(from, to, timeZone));
  return [period.from.toISOString(), period.to.toISOString()];
};
const hours = (day: string, timeZone: string): number => {
  const { from, to } = periodOf(days(day, day, timeZone));
  return (to.getTime() - from.getTime()) / 3_600_000;
};

test("a period ends where the next one begins", () => {
  assert.deepEqual(shown("2026-11-01", "2026-11-30"), [
    "2026-11-01T00:00:00.000Z",
    "2026-12-01T00:00:00.000Z",
  ]);
  assert.equal(
    shown("2026-10-01", "2026-10-31", "America/New_York")[1],
    shown("2026-11-01", "2026-11-30", "America/New_York")[0],
  );
});

test("a day on which the clocks change has 23 or 25 hours", () => {
  assert.equal(hours("2026-03-08", "America/Toronto"), 23);
  assert.equal(hours("2026-11-01", "America/Toronto"), 25);
  assert.equal(hours("2026-03-29", "Europe/Paris"), 23);
  assert.equal(hours("2026-10-25", "Europe/Paris"), 25);
  assert.equal(hours("2028-02-29", "Asia/Kolkata"), 24);
});

test("a day without a midnight begins when the local clocks first show it", () => {
  // Beirut's clocks go from 24:00 to 01:00 on the last Sunday of March.
  assert.deepEqual(shown("2026-03-29", "2026-03-29", "Asia/Beirut"), [
    "2026-03-28T22:00:00.000Z",
    "2026-03-29T21:00:00.000Z",
  ]);
});

test("points are the starts of the days or hours, and the end", () => {
  assert.equal(pointsIn(days("2026-11-01", "2026-11-01", "America/Toronto"), "hour").length, 26);
  assert.equal(pointsIn(days("2028-02-28", "2028-03-01"), "day").length, 4);
  assert.equal(daysIn(days("2028-02-28", "2028-03-01")), 3);
  assert.equal(daysIn(days("2026-11-02", "2026-11-01")), 0);
});

test("only zones of the IANA database are accepted", () => {
  assert.ok(isTimeZone("America/Toronto"));
  assert.ok(isTimeZone("UTC"));
  for (const name of ["Mars/Olympus", "", "../etc/passwd", "a".repeat(65)])
    assert.equal(isTimeZone(name), false);
  assert.equal(dayIn("Pacific/Kiritimati", new Date("2026-11-01T10:00:00Z")), "2026-11-02");
});
