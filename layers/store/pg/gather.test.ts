import assert from "node:assert/strict";
import { test } from "node:test";
import { gather } from "./gather.ts";

test("a lone request is sent at once, and requests that arrive meanwhile are sent together", async () => {
  const asked: (readonly number[])[] = [];
  const square = gather(async (keys: readonly number[]) => {
    asked.push(keys);
    return new Map(keys.filter((key) => key !== 3).map((key) => [key, key * key]));
  });
  const answers = await Promise.all([1, 2, 3, 4].map(square));
  assert.deepEqual(answers, [1, 4, undefined, 16]);
  assert.deepEqual(asked, [[1], [2, 3, 4]]);
  assert.equal(await square(5), 25);
});

test("a failed statement fails its own callers only", async () => {
  let broken = true;
  const find = gather(async (keys: readonly string[]) => {
    if (broken) throw new Error("away");
    return new Map(keys.map((key) => [key, key.length]));
  });
  await assert.rejects(find("one"), /away/);
  broken = false;
  assert.equal(await find("three"), 5);
});
