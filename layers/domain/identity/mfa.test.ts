import assert from "node:assert/strict";
import { test } from "node:test";
import { CHALLENGE_LIMITS, isCode, secondsToWait, TRIES } from "./mfa.ts";

const limit = { of: "client", challenges: 5, seconds: 900 } as const;

test("below every limit there is no wait; at a limit, the wait ends when the oldest challenge leaves its time span", () => {
  assert.equal(secondsToWait([]), 0);
  assert.equal(secondsToWait([{ limit, unpassed: 4, secondsUntilFree: 300 }]), 0);
  assert.equal(secondsToWait([{ limit, unpassed: 5, secondsUntilFree: 300 }]), 300);
  assert.equal(secondsToWait([{ limit, unpassed: 5, secondsUntilFree: 0 }]), 1);
});

test("of several limits the longest wait counts", () => {
  const counts = [700, 20].map((secondsUntilFree) => ({ limit, unpassed: 9, secondsUntilFree }));
  assert.equal(secondsToWait(counts), 700);
});

test("a stolen password allows at most a hundred guesses of a million in a day", () => {
  const daily = CHALLENGE_LIMITS.find(({ of, seconds }) => of === "client" && seconds === 86_400);
  assert.equal((daily?.challenges ?? Number.POSITIVE_INFINITY) * TRIES, 100);
});

test("a code is six ASCII digits", () => {
  assert.equal(isCode("000000"), true);
  for (const text of [
    "",
    "12345",
    "1234567",
    "12345a",
    " 123456",
    "123456\n",
    "１２３４５６",
    "-12345",
  ])
    assert.equal(isCode(text), false, JSON.stringify(text));
});
