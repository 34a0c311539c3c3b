import assert from "node:assert/strict";
import { test } from "node:test";
import { beginRehearsal, isRehearsal } from "./rehearsal.ts";

test("only requests with the id of this process's own rehearsal belong to it", () => {
  assert.equal(isRehearsal(""), false);
  assert.equal(isRehearsal("undefined"), false);
  const first = beginRehearsal();
  assert.equal(isRehearsal(first), true);
  assert.equal(isRehearsal("11111111-1111-4111-8111-111111111111"), false);
  const second = beginRehearsal();
  assert.notEqual(first, second);
  assert.equal(isRehearsal(first), false);
});
