import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { buildFunctions } from "./build.ts";

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

test("serverless.yml is valid, and a package contains no laptop's secrets", () => {
  const { status, stdout, stderr } = print();
  assert.equal(status, 0, stdout + stderr);
  const { functions } = parse(stdout) as Printed;
  assert.ok("placeOrder" in functions && "register" in functions && "deposit" in functions);
  for (const { environment } of Object.values(functions)) assert.deepEqual(environment, {});
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

type Template = {
  readonly Resources: Readonly<
    Record<
      string,
      { readonly Type: string; readonly Properties: Readonly<Record<string, unknown>> }
    >
  >;
};

test("the cloud gets a WebSocket API whose three routes are the feed's functions, without credentials", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "brokerx-package-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await buildFunctions();
  const { status, stdout, stderr } = serverless(["package", "--package", folder]);
  assert.equal(status, 0, stdout + stderr);
  const file = join(folder, "cloudformation-template-update-stack.json");
  const { Resources } = JSON.parse(await readFile(file, "utf8")) as Template;
  const ofType = (type: string) =>
    Object.values(Resources).flatMap(({ Type, Properties }) =>
      Type === `AWS::ApiGatewayV2::${type}` ? [Properties] : [],
    );
  const apis = ofType("Api").filter(({ ProtocolType }) => ProtocolType === "WEBSOCKET");
  assert.equal(apis.length, 1);
  const routes = ofType("Route").flatMap(({ RouteKey, Target }) =>
    String(RouteKey).startsWith("$") && JSON.stringify(Target).includes("Websockets")
      ? [[RouteKey, /Feed(\w+)Websockets/.exec(JSON.stringify(Target))?.[1]]]
      : [],
  );
  assert.deepEqual(routes.toSorted(), [
    ["$connect", "Connect"],
    ["$default", "Message"],
    ["$disconnect", "Disconnect"],
  ]);
  assert.match(JSON.stringify(Resources), /"execute-api:ManageConnections"/);
});
