import assert from "node:assert/strict";
import { test } from "node:test";
import { newToken } from "../../layers/platform/credentials/secrets.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { auditCounts, identityDeps, pendingClient } from "../../layers/testing/identity.ts";
import { openVerificationLink, verifyEmail } from "./verify-email.ts";

const database = await testDatabase();
const deps = identityDeps(database.url);

const verify = (token: string) => verifyEmail(deps, { token, correlationId: "test" });
const open = (token: string) => openVerificationLink(deps, { token, correlationId: "test" });
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

test("the link's token makes the client active and opens an empty cash account", async () => {
  const { clientId, token } = await pendingClient(database, "ada@example.org");
  const outcome = await verify(token);
  assert.equal(outcome.ok && outcome.value.clientId, clientId);
  assert.deepEqual(await accountsOf(clientId), [
    { status: "active", account: "active", available: 0n },
  ]);
  assert.equal((await auditCounts(database))["client_verified"], 1);
});

test("a link that is used twice confirms the address twice", async () => {
  const { clientId, token } = await pendingClient(database, "twice@example.org");
  for (let times = 0; times < 2; times += 1) assert.equal((await verify(token)).ok, true);
  assert.equal((await accountsOf(clientId)).length, 1);
});

test("twenty clicks at once open one account", async () => {
  const { clientId, token } = await pendingClient(database, "clicks@example.org");
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => verify(token)));
  assert.equal(outcomes.filter(({ ok }) => ok).length, 20);
  assert.equal((await accountsOf(clientId)).length, 1);
});

test("opening the link does not open the account, however often a mail scanner does it", async () => {
  const { clientId, token } = await pendingClient(database, "scanner@example.org");
  for (let times = 0; times < 3; times += 1) assert.equal((await open(token)).ok, true);
  assert.deepEqual(await accountsOf(clientId), [
    { status: "pending", account: null, available: null },
  ]);
  assert.equal((await verify(token)).ok, true);
});

test("the details of the first used link count, and the other links become void", async () => {
  const { clientId, token: strangers } = await pendingClient(
    database,
    "owner@example.org",
    "the stranger's hash",
  );
  const { token: owners } = await pendingClient(database, "owner@example.org", "the owner's hash");
  assert.equal((await open(strangers)).ok, true);
  assert.equal((await verify(owners)).ok, true);
  const { rows } = await database.query<{ password_hash: string }>(sql`
    select password_hash from identity.client where client_id = ${clientId}`);
  assert.deepEqual(rows, [{ password_hash: "the owner's hash" }]);
  assert.deepEqual(await verify(strangers), REFUSED);
  assert.deepEqual(await open(strangers), REFUSED);
});

test("an expired or unknown link opens nothing", async () => {
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

test("a link does not reactivate a suspended client", async () => {
  const { clientId, token } = await pendingClient(database, "bad@example.org");
  await database.query(sql`
    update identity.client set status = 'suspended', verified_at = now()
    where client_id = ${clientId}`);
  assert.deepEqual(await verify(token), REFUSED);
  assert.equal((await accountsOf(clientId))[0]?.status, "suspended");
});
