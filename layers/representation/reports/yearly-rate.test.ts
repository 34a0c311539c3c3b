import assert from "node:assert/strict";
import { test } from "node:test";
import { yearlyRate } from "./yearly-rate.ts";

test("a yearly rate has two decimals, and no figure when it is beyond what says something", () => {
  assert.equal(yearlyRate(undefined), "none");
  assert.equal(yearlyRate(0.123456), "12.35 %");
  assert.equal(yearlyRate(10), "1000.00 %");
  assert.equal(yearlyRate(-0.99), "-99.00 %");
  assert.match(yearlyRate(240_485.380035), /^more than 1,000 % \(not meaningful/);
  assert.match(yearlyRate(-0.9999), /^less than -99 % \(not meaningful/);
});
