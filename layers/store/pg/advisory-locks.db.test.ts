import assert from "node:assert/strict";
import { glob, readFile } from "node:fs/promises";
import { test } from "node:test";
import { testDatabase } from "../../testing/database.ts";
import { until } from "../../testing/until.ts";
import { recordAudit } from "../audit/audit.ts";
import { sealBlock } from "../audit/audit-chain.ts";
import { lockReporting } from "../notifications/notices.ts";
import { ADVISORY_LOCK_SEEDS, ADVISORY_LOCKS } from "./advisory-locks.ts";

const database = await testDatabase();

test("no two purposes share a lock number or a seed", () => {
  for (const numbers of [Object.values(ADVISORY_LOCKS), Object.values(ADVISORY_LOCK_SEEDS)])
    assert.equal(new Set<number>(numbers).size, numbers.length);
});

test("the audit is sealed while orders are being reported", async () => {
  await recordAudit(database, {
    ...{ clientId: undefined, action: "test", subject: "test", correlationId: "test" },
    facts: {},
  });
  await database.transaction(async (tx) => {
    assert.equal(await lockReporting(tx), true);
    // Other test files may hold the oldest transaction of the server for a moment.
    await until(async () => (await sealBlock(database))?.rows === 1, "the row is sealed");
  });
});

test("every lock number in the code comes from the registry", async () => {
  const files = await Array.fromAsync(glob("{layers,functions,matcher,infra}/**/*.ts"));
  assert.ok(files.length > 100);
  for (const file of files.filter((name) => !name.endsWith(".test.ts"))) {
    const source = await readFile(file, "utf8");
    for (const [call = ""] of source.matchAll(/pg_(try_)?advisory\w*\([^`]*?\)(?=[`,\s])/g))
      assert.match(call, /ADVISORY_LOCK|\(\$1\)/, file);
  }
});
