import assert from "node:assert/strict";
import { test } from "node:test";
import { nyseHolidays } from "./nyse-holidays.ts";

const listed = (year: number): string =>
  nyseHolidays(year)
    .map(({ day, closesAtMinute }) => (closesAtMinute === "closed" ? day : `${day} early`))
    .join(", ")
    .replaceAll(`${year}-`, "");

test("the rules produce the calendars that the exchange has published", () => {
  assert.equal(
    listed(2024),
    "01-01, 01-15, 02-19, 03-29, 05-27, 06-19, 07-03 early, 07-04, 09-02, 11-28, 11-29 early, " +
      "12-24 early, 12-25",
  );
  assert.equal(
    listed(2025),
    "01-01, 01-20, 02-17, 04-18, 05-26, 06-19, 07-03 early, 07-04, 09-01, 11-27, 11-28 early, " +
      "12-24 early, 12-25",
  );
  assert.equal(
    listed(2026),
    "01-01, 01-19, 02-16, 04-03, 05-25, 06-19, 07-03, 09-07, 11-26, 11-27 early, 12-24 early, 12-25",
  );
  assert.equal(
    listed(2027),
    "01-01, 01-18, 02-15, 03-26, 05-31, 06-18, 07-05, 09-06, 11-25, 11-26 early, 12-24",
  );
});

test("New Year's Day on a Saturday is not observed on the Friday before", () => {
  assert.match(listed(2028), /^01-17, /);
  assert.doesNotMatch(listed(2027), /12-31/);
});

test("3 July and 24 December end early only when the holiday after them is a weekday", () => {
  assert.doesNotMatch(listed(2033), /07-03/); // 4 July 2033 is a Monday, 3 July a Sunday
  assert.match(listed(2029), /07-03 early, 07-04/);
  assert.match(listed(2028), /07-03 early, 07-04/);
});
