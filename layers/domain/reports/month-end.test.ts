import assert from "node:assert/strict";
import { test } from "node:test";
import { monthBefore, monthEndMail } from "./month-end.ts";

test("the previous month is a whole calendar month, also across years and in leap years", () => {
  const shown = (now: string) => {
    const { from, to } = monthBefore(new Date(now));
    return `${from} ${to}`;
  };
  assert.equal(shown("2026-12-01T00:00:00Z"), "2026-11-01 2026-11-30");
  assert.equal(shown("2026-11-30T23:59:59.999Z"), "2026-10-01 2026-10-31");
  assert.equal(shown("2027-01-15T12:00:00Z"), "2026-12-01 2026-12-31");
  assert.equal(shown("2028-03-31T12:00:00Z"), "2028-02-01 2028-02-29");
});

test("the mail names the days and the digest", () => {
  const days = monthBefore(new Date("2026-12-01T00:00:00Z"));
  const { purpose, subject, body } = monthEndMail("Ada", days, "abc123");
  assert.equal(purpose, "statement");
  assert.equal(subject, "Your BrokerX statement from 2026-11-01 to 2026-11-30");
  assert.match(body, /^Hello Ada,\n[\s\S]*SHA-256 of the statement as JSON: abc123\n/);
});
