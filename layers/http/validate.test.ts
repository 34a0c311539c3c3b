import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { pageQuery } from "./page.ts";
import { Problem } from "./problem.ts";
import { validate } from "./validate.ts";

const fieldsOf = (schema: z.ZodType, value: unknown): unknown => {
  try {
    validate(schema, value);
  } catch (error) {
    if (error instanceof Problem) return error.errors;
    throw error;
  }
  return "accepted";
};

test("a list that is too short or too long is told in entries, a text in characters", () => {
  const schema = z.strictObject({
    scopes: z.array(z.string()).min(1).max(2),
    name: z.string().min(2),
  });
  assert.deepEqual(fieldsOf(schema, { scopes: [], name: "x" }), [
    { path: "scopes", code: "too_small", message: "must have at least 1 entry" },
    { path: "name", code: "too_small", message: "must have at least 2 characters" },
  ]);
  assert.deepEqual(fieldsOf(schema, { scopes: ["a", "b", "c"], name: "xy" }), [
    { path: "scopes", code: "too_big", message: "must have at most 2 entries" },
  ]);
});

test("a page token that is no id has a code of its own", () => {
  assert.deepEqual(fieldsOf(z.strictObject(pageQuery), { after: "xyz" }), [
    {
      path: "after",
      code: "invalid_id",
      message: "must be the next_page_token of the previous page",
    },
  ]);
});
