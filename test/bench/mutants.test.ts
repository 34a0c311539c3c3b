import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { MUTANTS } from "../../bench/engine-mutant-list.ts";

test("every mutant still finds the text it changes, exactly once", async () => {
  for (const { name, file, change } of MUTANTS) {
    const path = new URL(`../../matcher/engine/${file}`, import.meta.url);
    const source = await readFile(path, "utf8");
    for (const [from] of change) {
      assert.equal(source.split(from).length - 1, 1, `${name}: ${file} has not once: ${from}`);
    }
  }
});
