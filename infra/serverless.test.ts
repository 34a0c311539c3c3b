import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";

const ROOT = join(import.meta.dirname, "..");

const serverless = (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
  const inherited = Object.entries(process.env).filter(
    ([name]) => name !== "BROKERX_SERVICE" && !name.startsWith("AWS_"),
  );
  return spawnSync(
    process.execPath,
    [join(ROOT, "node_modules", "serverless", "bin", "serverless.js"), ...args],
    { cwd: ROOT, encoding: "utf8", env: { ...Object.fromEntries(inherited), ...env } },
  );
};

const print = (env: Readonly<Record<string, string>> = {}) => serverless(["print"], env);

type Printed = {
  readonly functions: Readonly<Record<string, { readonly environment: object }>>;
};

test("serverless.yml is valid, and a package contains no laptop's secrets", async (t) => {
  const home = await mkdtemp(join(tmpdir(), "brokerx-home-"));
  t.after(() => rm(home, { recursive: true, force: true }));
  const secret = "a-secret-of-this-laptop";
  await writeFile(join(home, "local.env"), `JWT_KEYS=${secret}\nDATABASE_URL_ORDERS=${secret}\n`);
  const { status, stdout, stderr } = print({ BROKERX_HOME: home });
  assert.equal(status, 0, stdout + stderr);
  const { functions } = parse(stdout) as Printed;
  assert.ok("placeOrder" in functions && "register" in functions && "deposit" in functions);
  assert.ok(!stdout.includes(secret));
});

test("a service has its own functions only", () => {
  const { stdout } = print({ BROKERX_SERVICE: "portfolios" });
  const { functions } = parse(stdout) as Printed;
  assert.deepEqual(Object.keys(functions).sort(), [
    "cancelWithdrawal",
    "deposit",
    "getHealth",
    "getMetrics",
    "getPortfolio",
    "getWithdrawal",
    "listActivities",
    "listDeposits",
    "listWithdrawals",
    "unknownRoute",
    "withdraw",
  ]);
});

test("an unknown service is refused by name", () => {
  const { status, stdout, stderr } = print({ BROKERX_SERVICE: "portfolio" });
  assert.equal(status, 1);
  assert.match(
    stdout + stderr,
    /the services are identity, orders, market-feed, portfolios, reporting/,
  );
});
