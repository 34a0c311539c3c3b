import assert from "node:assert/strict";
import { test } from "node:test";
import { newToken } from "../../layers/platform/secrets.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { auditCounts, identityDeps, pendingClient } from "../../layers/testing/identity.ts";
import { verifyEmail } from "./verify-email.ts";

const database = await testDatabase();
const deps = identityDeps(database.url);

const verify = (token: string) => verifyEmail(deps, { token, correlationId: "test" });
const REFUSED = { ok: false, failure: { code: "invalid_verification_token" } };

const accountsOf = async (clientId: string) => {
  const { rows } = await database.query<{
    status: string;
    account: string | null;
    available: bigint | null;
  }>(sql`
    select client.status, account.status as account, available
    from identity.client
    left join trading.account using (client_id)
    left join ledger.balance on balance.client_id = client.client_id and asset = 'USD'
    where client.client_id = ${clientId}`);
  return rows;
};

test("the link makes the client active and opens an empty cash account", async () => {
  const { clientId, token } = await pendingClient(database, "ada@example.org");
  const outcome = await verify(token);
  assert.deepEqual(outcome.ok && outcome.value, {
    clientId,
    email: "ada@example.org",
    firstName: "Ada",
    lastName: "Lovelace",
  });
  assert.deepEqual(await accountsOf(clientId), [
    { status: "active", account: "active", available: 0n },
  ]);
  assert.equal((await auditCounts(database))["client_verified"], 1);
});

test("a link works once", async () => {
  const { token } = await pendingClient(database, "once@example.org");
  assert.equal((await verify(token)).ok, true);
  assert.deepEqual(await verify(token), REFUSED);
});

test("of twenty clicks at once, one opens the account", async () => {
  const { clientId, token } = await pendingClient(database, "clicks@example.org");
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => verify(token)));
  assert.equal(outcomes.filter(({ ok }) => ok).length, 1);
  assert.equal((await accountsOf(clientId)).length, 1);
});

test("signing up again ends the links of before: they would confirm other details", async () => {
  const { clientId, token: before } = await pendingClient(database, "again@example.org");
  const { token } = await pendingClient(database, "again@example.org");
  assert.deepEqual(await verify(before), REFUSED);
  assert.equal((await accountsOf(clientId))[0]?.status, "pending");
  assert.equal((await verify(token)).ok, true);
});

test("a link that has expired, or that nobody was sent, opens nothing", async () => {
  const { clientId, token } = await pendingClient(database, "late@example.org");
  await database.query(sql`
    update identity.verification set expires_at = now() - interval '1 millisecond'
    where client_id = ${clientId}`);
  assert.deepEqual(await verify(token), REFUSED);
  assert.deepEqual(await verify(newToken()), REFUSED);
  assert.deepEqual(await accountsOf(clientId), [
    { status: "pending", account: null, available: null },
  ]);
});

test("a link does not bring back a suspended client", async () => {
  const { clientId, token } = await pendingClient(database, "bad@example.org");
  await database.query(sql`
    update identity.client set status = 'suspended', verified_at = now()
    where client_id = ${clientId}`);
  assert.deepEqual(await verify(token), REFUSED);
  assert.equal((await accountsOf(clientId))[0]?.status, "suspended");
});
