import assert from "node:assert/strict";
import { test } from "node:test";
import { nyseHolidays } from "../../domain/market/nyse-holidays.ts";
import { testDatabase } from "../../testing/database.ts";
import { listCalendars } from "./calendars.ts";

const database = await testDatabase();

test("the stored holidays of New York follow from the rules of the exchange", async () => {
  const newYork = (await listCalendars(database)).find(({ code }) => code === "XNYS");
  assert.equal(newYork?.knownUntil, "2040-12-31");
  const days = [...newYork.holidays].sort(([left], [right]) => left.localeCompare(right));
  const years = Array.from({ length: 2040 - 2026 + 1 }, (_, index) => 2026 + index);
  const rules = years.flatMap((year) => nyseHolidays(year));
  assert.deepEqual(
    days,
    rules.map(({ day, closesAtMinute }) => [day, closesAtMinute]),
  );
});

test("a market that never closes has no holidays", async () => {
  const always = (await listCalendars(database)).find(({ code }) => code === "ALWAYS");
  assert.equal(always?.knownUntil, undefined);
  assert.equal(always?.holidays.size, 0);
});
