import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientId } from "../../layers/domain/identifiers.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { authorizationOf, invoke, type Reply, useEnvironment } from "../../layers/testing/http.ts";
import { usd } from "../../layers/testing/terms.ts";
import { loadRoutes } from "../support/routes.ts";
import { contentsOf, MALFORMED, words } from "../support/tenancy.ts";

// Sessions, API keys, withdrawals and everything else of an account: what belongs to another client is
// answered like what does not exist, and stays as it was.

const database = await testDatabase();
useEnvironment(database.url);
const routes = await loadRoutes();
const owner = await createTestClient(database, { cash: usd("100000") });
const stranger = await createTestClient(database, { cash: usd("100000") });

const send = async (
  operation: string,
  as: ClientId,
  request: Parameters<typeof invoke>[1] = {},
): Promise<Reply> => {
  const route = routes[operation];
  assert.ok(route !== undefined, operation);
  const { method, path } = route.contract;
  const headers = { authorization: await authorizationOf(as), ...request.headers };
  return invoke(route.handler, { method, path, ...request, headers });
};

const newSession = async (client: ClientId): Promise<string> => {
  const sessionId = newUuid();
  await database.query(sql`
    insert into identity.session (session_id, client_id) values (${sessionId}, ${client})`);
  return sessionId;
};

const newKey = async (client: ClientId): Promise<string> => {
  const reply = await send("createApiKey", client, { body: { name: "bot", scopes: ["read"] } });
  assert.equal(reply.status, 201, reply.text);
  return (reply.json()["api_key"] as { key_id: string }).key_id;
};

const newWithdrawal = async (client: ClientId): Promise<string> => {
  const reply = await send("withdraw", client, {
    ...{ body: { amount: "1.00", currency: "USD" }, headers: { "idempotency-key": newUuid() } },
  });
  assert.equal(reply.status, 201, reply.text);
  return String(reply.json()["withdrawal_id"]);
};

type ById = {
  readonly make: (client: ClientId) => Promise<string>;
  readonly absent: string;
  readonly own: number;
};

/** Every route that names something of an account by its id. */
const BY_ID: Readonly<Record<string, ById>> = {
  endSession: { make: newSession, absent: newUuid(), own: 204 },
  revokeApiKey: { make: newKey, absent: "aaaaaaaaaaaa", own: 204 },
  getWithdrawal: { make: newWithdrawal, absent: newUuid(), own: 200 },
  cancelWithdrawal: { make: newWithdrawal, absent: newUuid(), own: 200 },
};

/** Routes whose ids name no client's property, or that other suites ask. */
const ELSEWHERE = /^\/api\/v1\/(orders|instruments)\//;

const TABLES = [
  ...["identity.session", "identity.api_key", "identity.client", "identity.mail"],
  ...["ledger.withdrawal", "ledger.balance", "ledger.journal", "trading.audit"],
];

test("every route that names something by its id is asked here or with the orders", () => {
  const named = Object.values(routes)
    .map(({ contract }) => contract)
    .filter(({ path }) => path.includes("{") && !ELSEWHERE.test(path))
    .map(({ operationId }) => operationId);
  assert.deepEqual(named.sort(), Object.keys(BY_ID).sort());
});

for (const [operation, { make, absent, own }] of Object.entries(BY_ID))
  test(`${operation}: the property of another client is answered like an unknown id and does not change`, async () => {
    const theirs = await make(owner);
    const ask = (as: ClientId, id: string) => send(operation, as, { params: { id } });
    const before = await contentsOf(database, TABLES);
    const foreign = await ask(stranger, theirs);
    assert.equal(foreign.status, 404, foreign.text);
    assert.equal(foreign.json()["code"], "not_found");
    assert.deepEqual(words(foreign), words(await ask(stranger, absent)));
    for (const id of MALFORMED) {
      const malformed = await ask(stranger, id);
      assert.deepEqual([malformed.status, malformed.json()["code"]], [404, "not_found"], id);
    }
    assert.equal(await contentsOf(database, TABLES), before);
    const response = await ask(owner, theirs);
    assert.equal(response.status, own, response.text);
  });

/** Lists of an account: a new item appears in the list of its owner and in no other list. */
const LISTS: Readonly<Record<string, (client: ClientId) => Promise<string>>> = {
  listSessions: newSession,
  listApiKeys: newKey,
  listWithdrawals: newWithdrawal,
  listDeposits: async (client) => {
    const reply = await send("deposit", client, {
      ...{ body: { amount: "7.00", currency: "USD" }, headers: { "idempotency-key": "same" } },
    });
    return String(reply.json()["deposit_id"]);
  },
};

for (const [operation, make] of Object.entries(LISTS))
  test(`${operation} shows the client's own and nothing else`, async () => {
    const [mine, theirs] = [await make(owner), await make(stranger)];
    assert.notEqual(mine, theirs, "an Idempotency-Key belongs to one client");
    const seen = await send(operation, owner);
    assert.equal(seen.status, 200, seen.text);
    assert.ok(seen.text.includes(mine));
    assert.ok(!seen.text.includes(theirs));
    if (routes[operation]?.contract.query === undefined) return;
    const after = await send(operation, owner, { query: `after=${theirs}&limit=500` });
    assert.ok(!after.text.includes(theirs), "another client's id as a cursor tells nothing");
  });

test("the profile, the portfolio and the activities are the caller's own", async () => {
  for (const operation of ["getProfile", "getPortfolio", "listActivities"]) {
    const reply = await send(operation, owner);
    assert.equal(reply.status, 200, reply.text);
    assert.ok(!reply.text.includes(stranger), operation);
  }
  const profile = (await send("getProfile", stranger)).json()["client"] as { client_id: string };
  assert.equal(profile.client_id, stranger);
});

test("changes of a client's own account do not affect another account", async () => {
  const rowsOf = async (client: ClientId) => {
    const { rows } = await database.query<{ rows: string }>(sql`
      select jsonb_build_array(
        (select to_jsonb(c) from identity.client as c where client_id = ${client}),
        (select jsonb_agg(s order by session_id) from identity.session as s
          where client_id = ${client}),
        (select jsonb_agg(k order by key_id) from identity.api_key as k
          where client_id = ${client}),
        (select to_jsonb(t) from identity.totp as t where client_id = ${client}))::text as rows`);
    return rows[0]?.rows;
  };
  await send("beginTotp", owner, { body: {} });
  const before = await rowsOf(owner);
  const leaver = await createTestClient(database);
  for (const [operation, body] of [
    ["updateProfile", { client: { first_name: "Other" } }],
    ["beginTotp", {}],
    ["confirmTotp", { code: "000000" }],
    ["removeTotp", { code: "000000" }],
    ["changePassword", { current_password: "x", password: "a long walk home" }],
    ["changeEmail", { email: "new@test.example", password: "x" }],
    ["stepUp", {}],
    ["endOtherSessions", undefined],
    ["closeAccount", {}],
  ] as const)
    await send(operation, leaver, body === undefined ? {} : { body });
  assert.equal(await rowsOf(owner), before);
});
