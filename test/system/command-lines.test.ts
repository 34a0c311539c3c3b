import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";

// The programs of `npm run` that take an argument. None of these calls reaches a system.

const ROOT = join(import.meta.dirname, "..", "..");

const errorOf = (...args: readonly string[]): string => {
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: "utf8" });
  assert.ok(status !== 0 && status !== null, args.join(" "));
  return stderr;
};

test("a program says whether its argument is missing or wrong, and what it expects", () => {
  const start = "infra/local/start.cjs";
  for (const [args, message] of [
    [[start, "follow"], /^The order id is missing: npm run follow -- <order id>\n$/],
    [[start, "follow", "nonsense"], /^nonsense is not an order id\. .* UUID, such as 01[^\n]*\n$/],
    [[start, "follow", "-".repeat(36)], /^-+ is not an order id\./],
    [[start, "audit-verify", "abc"], /^abc is not a hash\. A hash is 64 digits [^\n]*\n$/],
    [["infra/k6/run.ts"], /^The script is missing: npm run k6 .* The scripts are .*soak/],
    [["infra/k6/run.ts", "smoke"], /^There is no script smoke: npm run k6 .* The scripts are /],
    [["infra/local/tools/traces.ts", "x"], /^The port must be .* to 65535\. It is x\.\n$/],
  ] as const)
    assert.match(errorOf(...args), message);
});
