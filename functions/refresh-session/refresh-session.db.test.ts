import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientId } from "../../layers/domain/identifiers.ts";
import { hashToken, newToken } from "../../layers/platform/credentials/secrets.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { beginSession } from "../../layers/store/identity/sessions.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { activeClient, auditCounts, identityDeps } from "../../layers/testing/identity.ts";
import { refreshSession } from "./refresh-session.ts";

const database = await testDatabase();
const deps = identityDeps(database.url);
const REFUSED = { code: "invalid_refresh_token", reused: false };

const loggedIn = async (email: string, lifeSeconds = 60) => {
  const clientId = await activeClient(database, { email, passwordHash: "none" });
  const refreshToken = newToken();
  const sessionId = newUuid();
  await database.transaction((tx) =>
    beginSession(tx, {
      ...{ sessionId, clientId, refreshTokenHash: hashToken(refreshToken) },
      ...{ refreshLifeSeconds: lifeSeconds, address: "203.0.113.7", userAgent: "test" },
    }),
  );
  return { clientId, sessionId, refreshToken };
};

const refresh = (refreshToken: string) =>
  refreshSession(deps, { refreshToken, address: "203.0.113.8", correlationId: "test" });

const endedBecause = async (sessionId: string) => {
  const { rows } = await database.query<{ end_reason: string | null }>(sql`
    select end_reason from identity.session where session_id = ${sessionId}`);
  return rows[0]?.end_reason;
};

/** Makes the last use of the client's refresh tokens eleven seconds older: past the grace time. */
const elevenSecondsLater = (sessionId: string) =>
  database.query(sql`
    update identity.refresh_token set used_at = used_at - interval '11 seconds'
    where session_id = ${sessionId}`);

test("a refresh token is exchanged for an access token of the same session and a new refresh token", async () => {
  const { clientId, sessionId, refreshToken } = await loggedIn("ada@example.org");
  const first = await refresh(refreshToken);
  assert.ok(first.ok);
  const claims = await deps.tokens.verify(first.value.token);
  assert.deepEqual([claims.clientId, claims.sessionId], [clientId, sessionId]);
  assert.ok(Date.now() - claims.authTime.getTime() < 60_000);
  assert.notEqual(first.value.refreshToken, refreshToken);
  const second = await refresh(first.value.refreshToken);
  assert.ok(second.ok);
  assert.notEqual(second.value.refreshToken, first.value.refreshToken);
});

test("twenty tabs that refresh at the same moment get the same pair", async () => {
  const { sessionId, refreshToken } = await loggedIn("tabs@example.org");
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => refresh(refreshToken)));
  for (const outcome of outcomes) assert.deepEqual(outcome, outcomes[0]);
  assert.ok(outcomes[0]?.ok);
  assert.equal(await endedBecause(sessionId), null);
});

test("a used refresh token that is sent later ends the session for both of its holders", async () => {
  const { sessionId, refreshToken } = await loggedIn("stolen@example.org");
  const next = await refresh(refreshToken);
  assert.ok(next.ok);
  await elevenSecondsLater(sessionId);
  const reused = await refresh(refreshToken);
  assert.deepEqual(reused, { ok: false, failure: { ...REFUSED, reused: true } });
  assert.equal(await endedBecause(sessionId), "refresh_reuse");
  assert.deepEqual(await refresh(next.value.refreshToken), { ok: false, failure: REFUSED });
  assert.equal((await auditCounts(database))["refresh_token_reused"], 1);
});

test("an unknown token, an expired token and that of a suspended client are refused", async () => {
  const expired = await loggedIn("late@example.org", -1);
  assert.deepEqual(await refresh(expired.refreshToken), { ok: false, failure: REFUSED });
  assert.deepEqual(await refresh(newToken()), { ok: false, failure: REFUSED });
  const { clientId, refreshToken } = await loggedIn("bad@example.org");
  await suspend(clientId);
  assert.deepEqual(await refresh(refreshToken), { ok: false, failure: REFUSED });
});

const suspend = (clientId: ClientId) =>
  database.query(sql`
    update identity.client set status = 'suspended' where client_id = ${clientId}`);
