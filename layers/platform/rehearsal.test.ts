import assert from "node:assert/strict";
import { test } from "node:test";
import { beginRehearsal, endRehearsal, isRehearsal, isRehearsing } from "./rehearsal.ts";

test("only requests with the id of this process's own rehearsal belong to it", () => {
  assert.equal(isRehearsal(""), false);
  assert.equal(isRehearsal("undefined"), false);
  const first = beginRehearsal();
  assert.equal(isRehearsal(first), true);
  assert.equal(isRehearsal("11111111-1111-4111-8111-111111111111"), false);
  const second = beginRehearsal();
  assert.notEqual(first, second);
  assert.equal(isRehearsal(first), false);
  endRehearsal();
  assert.equal(isRehearsal(second), true, "an answer may come late");
});

test("a process rehearses from the beginning to the end, and does not when it never began", () => {
  Reflect.deleteProperty(globalThis, Symbol.for("brokerx.rehearsal"));
  endRehearsal();
  assert.equal(isRehearsing(), false);
  beginRehearsal();
  assert.equal(isRehearsing(), true);
  endRehearsal();
  assert.equal(isRehearsing(), false);
});
