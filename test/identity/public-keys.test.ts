import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createLocalJWKSet, decodeJwt, jwtVerify } from "jose";
import { tokenFor } from "../../infra/local/tools/token.ts";
import { DEMO_ADMIN, DEMO_CLIENTS } from "../../infra/postgres/demo.ts";
import { seed } from "../../infra/postgres/seed.ts";
import { publicKeyText } from "../../layers/platform/credentials/key-ring.ts";
import { endOtherSessions } from "../../layers/store/identity/sessions.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { asRole, invoke, useEnvironment } from "../../layers/testing/http.ts";
import { startReporting } from "../support/reporting.ts";

// A system whose tokens are signed with Ed25519: identity has the signing key, reporting has not.

const database = await testDatabase();
useEnvironment(asRole(database.url, "brokerx_identity"));
const privateKey = randomBytes(32).toString("base64url");
const verifying = {
  ...{ JWT_ALGORITHM: "EdDSA", JWT_PUBLIC_KEYS: `test=${publicKeyText(privateKey)}`, JWT_KEYS: "" },
};
const home = await mkdtemp(join(tmpdir(), "brokerx-keys-"));
after(() => rm(home, { recursive: true, force: true }));
Object.assign(process.env, verifying, {
  ...{ JWT_SIGNING_KEY: `test=${privateKey}`, BROKERX_HOME: home },
});
const { handler: listSessions } = await import("../../functions/list-sessions/handler.ts");
const { handler: getJwks } = await import("../../functions/get-jwks/handler.ts");
await seed(database);
const EMAIL = "demo@brokerx.local";
const clientId = DEMO_CLIENTS[0]?.clientId ?? assert.fail();

const sessionsSeenBy = (token: string) =>
  invoke(listSessions, { method: "GET", headers: { authorization: `Bearer ${token}` } });

test("identity publishes its keys, and a partner verifies a token with them", async () => {
  const token = await tokenFor(EMAIL);
  const reply = await invoke(getJwks, { method: "GET" });
  assert.equal(reply.status, 200, reply.text);
  assert.equal(reply.headers["cache-control"], "public, max-age=300");
  assert.ok(!reply.text.includes(privateKey));
  const published = createLocalJWKSet(JSON.parse(reply.text));
  const { payload } = await jwtVerify(token, published, { audience: "brokerx.web" });
  assert.equal(payload["client_id"], clientId);
  assert.equal((await sessionsSeenBy(token)).status, 200);
});

test("a service with the public key alone accepts the token, and no other", async (t) => {
  const reporting = await startReporting(database.url, { ...verifying, JWT_SIGNING_KEY: "" });
  t.after(reporting.stop);
  const url = `${reporting.url}/api/v1/reports/trades?from=2026-01-01&to=2026-01-31`;
  const ask = (token: string) => fetch(url, { headers: { authorization: `Bearer ${token}` } });
  const token = await tokenFor(EMAIL);
  assert.equal((await ask(token)).status, 200);
  const [head, body] = token.split(".");
  const unsigned = `${head}.${body}.${randomBytes(64).toString("base64url")}`;
  assert.equal((await ask(unsigned)).status, 401);
});

test("npm run token never prints a token of an ended session, nor of a suspended client", async () => {
  const before = await tokenFor(EMAIL);
  await endOtherSessions(database, { clientId, keep: undefined, reason: "logout" });
  const next = await tokenFor(EMAIL);
  assert.equal((await sessionsSeenBy(before)).status, 401);
  assert.equal((await sessionsSeenBy(next)).status, 200);
  await database.query(sql`
    update identity.client set status = 'suspended' where client_id = ${clientId}`);
  await assert.rejects(tokenFor(EMAIL), /demo@brokerx.local is not active/);
});

test("npm run token gives a token the roles that the account has now", async () => {
  const rolesInToken = async () => decodeJwt(await tokenFor(DEMO_ADMIN.email))["roles"];
  assert.deepEqual(await rolesInToken(), ["admin"]);
  await database.query(sql`
    update identity.client set roles = '{}' where client_id = ${DEMO_ADMIN.clientId}`);
  assert.deepEqual(await rolesInToken(), []);
});
