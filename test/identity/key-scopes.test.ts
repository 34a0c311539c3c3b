import assert from "node:assert/strict";
import { test } from "node:test";
import type { Scope } from "../../layers/domain/identity/session.ts";
import { scopeOf } from "../../layers/http/contract.ts";
import { newApiKey } from "../../layers/platform/credentials/api-keys.ts";
import { hashToken } from "../../layers/platform/credentials/secrets.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { insertKey } from "../../layers/store/identity/api-keys.ts";
import { createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { invoke, type Reply, useEnvironment } from "../../layers/testing/http.ts";
import { loadAdminRoutes, loadRoutes } from "../support/routes.ts";

// Every route that needs a credential, asked with API keys that have and lack its scope.

const database = await testDatabase();
useEnvironment(database.url);
const loaded = { ...(await loadRoutes()), ...(await loadAdminRoutes()) };
const routes = Object.values(loaded).filter(({ contract }) => contract.access !== "public");
const client = await createTestClient(database, { roles: ["admin"] });
const SCOPES: readonly Scope[] = ["read", "trade", "transfer"];

const newKey = async (scopes: readonly Scope[]): Promise<string> => {
  const { keyId, secret, text } = newApiKey();
  const key = { keyId, clientId: client, secretHash: hashToken(secret), name: "test", scopes };
  const rest = { allowedIps: [], expiresAt: undefined, createdAt: new Date() };
  await database.transaction((tx) => insertKey(tx, { ...key, ...rest }, 50));
  return text;
};

const ask = ({ contract, handler }: (typeof routes)[number], key: string): Promise<Reply> =>
  invoke(handler, {
    ...{ method: contract.method, path: contract.path, params: { id: newUuid() } },
    ...(contract.method === "GET" ? {} : { body: {} }),
    headers: { authorization: `Bearer ${key}`, prefer: "wait=0" },
  });

const codeOf = ({ status, text }: Reply): string =>
  status === 403 ? String(JSON.parse(text)["code"]) : "passed";

test("a key with every scope is accepted on every route for keys, and refused where a person is required", async () => {
  const key = await newKey(SCOPES);
  let persons = 0;
  for (const route of routes) {
    const expected = scopeOf(route.contract) === "person" ? "scope_required" : "passed";
    const code = codeOf(await ask(route, key));
    assert.equal(code, expected, route.contract.operationId);
    if (expected === "scope_required") persons += 1;
  }
  assert.ok(persons > 10, `only ${persons} routes need a person`);
});

test("a key without the scope of a route is refused there, whatever other scopes it has", async () => {
  const without: Record<string, string> = {};
  for (const scope of SCOPES)
    without[scope] = await newKey(SCOPES.filter((candidate) => candidate !== scope));
  let refused = 0;
  for (const route of routes) {
    const key = without[scopeOf(route.contract)];
    if (key === undefined) continue;
    assert.equal(codeOf(await ask(route, key)), "scope_required", route.contract.operationId);
    refused += 1;
  }
  assert.ok(refused > 20, `only ${refused} routes were asked`);
});

test("no route with a step-up accepts an API key", () => {
  const stepUps = routes.filter(({ contract }) => contract.stepUp === true);
  assert.ok(stepUps.length >= 8);
  for (const { contract } of stepUps) assert.equal(scopeOf(contract), "person");
});
