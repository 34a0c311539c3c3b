import assert from "node:assert/strict";
import { test } from "node:test";
import { beginRehearsal, endRehearsal, isRehearsal, isRehearsing } from "./rehearsal.ts";

test("a process without a rehearsal does not rehearse, and no request belongs to one", () => {
  endRehearsal();
  assert.equal(isRehearsing(), false);
  assert.equal(isRehearsal(""), false);
  assert.equal(isRehearsal("undefined"), false);
});

test("a process rehearses from the beginning to the end", () => {
  beginRehearsal();
  assert.equal(isRehearsing(), true);
  endRehearsal();
  assert.equal(isRehearsing(), false);
});

test("only requests with the id of this process's own rehearsal belong to it", () => {
  const first = beginRehearsal();
  assert.equal(isRehearsal(first), true);
  assert.equal(isRehearsal("11111111-1111-4111-8111-111111111111"), false);
  const second = beginRehearsal();
  assert.notEqual(first, second);
  assert.equal(isRehearsal(first), false);
  endRehearsal();
  assert.equal(isRehearsal(second), true, "an answer may come late");
});
