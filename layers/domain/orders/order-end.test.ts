import assert from "node:assert/strict";
import { test } from "node:test";
import { endOf } from "./order-end.ts";

const at = (time: string): Date => new Date(`2026-11-25T${time}:00Z`);
const current = { opensAt: at("09:00"), closesAt: at("17:00") };
const next = { opensAt: at("18:00"), closesAt: at("20:00") };
const sessions = { lastEnd: undefined, current, next };
const DAY = { timeInForce: "DAY", expiresAt: undefined } as const;

test("a DAY order ends with the session in which it was accepted", () => {
  assert.deepEqual(endOf(DAY, sessions, at("10:00")), current.closesAt);
});

test("a DAY order that waits for its market ends with the next session", () => {
  assert.deepEqual(endOf(DAY, { ...sessions, current: undefined }, at("08:00")), next.closesAt);
  assert.deepEqual(endOf(DAY, sessions, at("17:00")), next.closesAt, "the sessions are a bit old");
  assert.deepEqual(endOf(DAY, sessions, at("18:30")), next.closesAt);
});

test("a GTD order ends at its own time, and other orders have no end", () => {
  const expiresAt = at("12:00");
  assert.deepEqual(endOf({ timeInForce: "GTD", expiresAt }, sessions, at("10:00")), expiresAt);
  for (const timeInForce of ["GTC", "IOC", "FOK"] as const)
    assert.equal(endOf({ timeInForce, expiresAt: undefined }, sessions, at("10:00")), undefined);
});
