import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";

const ROOT = join(import.meta.dirname, "..");

const print = (env: Readonly<Record<string, string>> = {}) => {
  const { BROKERX_SERVICE: _, ...inherited } = process.env;
  return spawnSync(
    process.execPath,
    [join(ROOT, "node_modules", "serverless", "bin", "serverless.js"), "print"],
    { cwd: ROOT, encoding: "utf8", env: { ...inherited, ...env } },
  );
};

type Printed = {
  readonly functions: Readonly<Record<string, { readonly environment: object }>>;
};

test("serverless.yml is valid, and what leaves this computer carries no laptop's secrets", () => {
  const { status, stdout, stderr } = print();
  assert.equal(status, 0, stdout + stderr);
  const { functions } = parse(stdout) as Printed;
  assert.ok("placeOrder" in functions && "register" in functions && "deposit" in functions);
  for (const { environment } of Object.values(functions)) assert.deepEqual(environment, {});
});

test("a service has its own functions and no other's", () => {
  const { stdout } = print({ BROKERX_SERVICE: "portfolios" });
  const { functions } = parse(stdout) as Printed;
  assert.deepEqual(Object.keys(functions).sort(), [
    "deposit",
    "getHealth",
    "getMetrics",
    "getPortfolio",
    "listActivities",
    "listDeposits",
    "unknownRoute",
  ]);
});

test("a service that does not exist is refused by name", () => {
  const { status, stdout, stderr } = print({ BROKERX_SERVICE: "portfolio" });
  assert.equal(status, 1);
  assert.match(stdout + stderr, /the services are identity, orders, portfolios, reporting/);
});
