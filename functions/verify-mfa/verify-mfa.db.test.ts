import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientId } from "../../layers/domain/identifiers.ts";
import { parseEmail } from "../../layers/domain/identity/client.ts";
import type { ChallengeId } from "../../layers/domain/identity/mfa.ts";
import { hashToken } from "../../layers/platform/credentials/secrets.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { Unavailable } from "../../layers/platform/unavailable.ts";
import { insertChallenge } from "../../layers/store/identity/challenges.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { activeClient, auditCounts, identityDeps } from "../../layers/testing/identity.ts";
import { verifyMfa } from "./verify-mfa.ts";

const database = await testDatabase();
const deps = identityDeps(database.url);
const REFUSED = { ok: false, failure: { code: "invalid_code" } };
const CODE = "031415";
const HOME = "203.0.113.7";

const challenged = async (email: string, lifeSeconds = 600) => {
  const clientId = await activeClient(database, { email, passwordHash: "none" });
  return { clientId, challengeId: await challengeOf(clientId, lifeSeconds) };
};

const challengeOf = (clientId: ClientId, lifeSeconds = 600): Promise<ChallengeId> =>
  database.transaction(async (tx) => {
    const challengeId = newUuid() as ChallengeId;
    const codeHash = deps.seal.stamp(CODE, challengeId);
    await insertChallenge(tx, { challengeId, clientId, codeHash, address: HOME, lifeSeconds });
    return challengeId;
  });

const enter = (challengeId: ChallengeId, code = CODE) =>
  verifyMfa(deps, {
    ...{ challengeId, code, email: undefined, address: HOME, correlationId: "test" },
    userAgent: "",
  });

const enterByEmail = (text: string, code = CODE, address = HOME) => {
  const email = parseEmail(text);
  assert.ok(email);
  return verifyMfa(deps, {
    ...{ challengeId: undefined, email, code, address, correlationId: "test" },
    userAgent: "",
  });
};

const sessionsOf = async (clientId: string) => {
  const { rows } = await database.query<{ session_id: string; token_hash: Buffer; days: number }>(
    sql`
      select session_id, token_hash,
        extract(epoch from refresh_token.expires_at - refresh_token.created_at)::integer / 86400 as days
      from identity.session
      join identity.refresh_token using (session_id)
      where client_id = ${clientId}`,
  );
  return rows;
};

test("the right code begins a session and returns a token for the client", async () => {
  const { clientId, challengeId } = await challenged("ada@example.org");
  const outcome = await enter(challengeId);
  assert.ok(outcome.ok);
  const claims = await deps.tokens.verify(outcome.value.token);
  const [session] = await sessionsOf(clientId);
  assert.equal(claims.clientId, clientId);
  assert.equal(claims.sessionId, session?.session_id);
  assert.deepEqual(session?.token_hash, hashToken(outcome.value.refreshToken));
  assert.equal(session?.days, 30);
  assert.equal((await auditCounts(database))["login_passed"], 1);
});

test("a code works once", async () => {
  const { clientId, challengeId } = await challenged("once@example.org");
  assert.equal((await enter(challengeId)).ok, true);
  assert.deepEqual(await enter(challengeId), REFUSED);
  assert.equal((await sessionsOf(clientId)).length, 1);
});

test("a hundred parallel requests with the right code begin one session", async () => {
  const { clientId, challengeId } = await challenged("eager@example.org");
  const outcomes = await Promise.all(Array.from({ length: 100 }, () => enter(challengeId)));
  assert.equal(outcomes.filter(({ ok }) => ok).length, 1);
  assert.equal((await sessionsOf(clientId)).length, 1);
});

test("of a thousand parallel guesses exactly five are checked, and then the right code is refused too", async () => {
  const { clientId, challengeId } = await challenged("victim@example.org");
  // A guess that got no connection in time was not checked either.
  const guesses = Array.from({ length: 1_000 }, (_, index) =>
    enter(challengeId, String(100_000 + index)).catch((error: unknown) => {
      assert.ok(error instanceof Unavailable);
      return REFUSED;
    }),
  );
  for (const outcome of await Promise.all(guesses)) assert.deepEqual(outcome, REFUSED);
  const { rows } = await database.query<{ judged: number; attempts: number }>(sql`
    select attempts, (
      select count(*)::integer from trading.audit
      where subject = ${challengeId} and (facts ->> 'judged')::boolean
    ) as judged
    from identity.challenge where challenge_id = ${challengeId}`);
  assert.deepEqual(rows, [{ judged: 5, attempts: 5 }]);
  assert.deepEqual(await enter(challengeId), REFUSED);
  assert.deepEqual(await sessionsOf(clientId), []);
});

test("the right code is accepted at the fifth try", async () => {
  const { challengeId } = await challenged("slip@example.org");
  for (const code of ["000000", "000001", "000002", "000003"])
    assert.deepEqual(await enter(challengeId, code), REFUSED);
  assert.equal((await enter(challengeId)).ok, true);
});

test("an expired code, and the code of another or of no challenge, get the same answer", async () => {
  const { challengeId: expired } = await challenged("late@example.org", -1);
  assert.deepEqual(await enter(expired), REFUSED);
  const { challengeId: other } = await challenged("other@example.org");
  const { rows } = await database.query<{ code_hash: Buffer }>(sql`
    select code_hash from identity.challenge where challenge_id = ${other}`);
  const { challengeId } = await challenged("mixed@example.org");
  // A stored hash that is copied to another challenge does not match there.
  await database.query(sql`
    update identity.challenge set code_hash = ${rows[0]?.code_hash}
    where challenge_id = ${challengeId}`);
  assert.deepEqual(await enter(challengeId), REFUSED);
  assert.deepEqual(await enter(newUuid() as ChallengeId), REFUSED);
});

test("a client who is suspended between the two steps gets no session", async () => {
  const { clientId, challengeId } = await challenged("gone@example.org");
  await database.query(sql`
    update identity.client set status = 'suspended' where client_id = ${clientId}`);
  assert.deepEqual(await enter(challengeId), REFUSED);
  assert.deepEqual(await sessionsOf(clientId), []);
});

test("with the e-mail, the newest challenge from the caller's network address counts", async () => {
  const { clientId, challengeId: first } = await challenged("mail@example.org");
  const newest = await challengeOf(clientId);
  assert.deepEqual(await enterByEmail("mail@example.org", CODE, "198.51.100.1"), REFUSED);
  assert.deepEqual(await enterByEmail("nobody@example.org"), REFUSED);
  assert.equal((await enterByEmail("MAIL@example.org")).ok, true);
  const { rows } = await database.query<{ challenge_id: string; attempts: number }>(sql`
    select challenge_id, attempts from identity.challenge where client_id = ${clientId}`);
  assert.deepEqual(
    new Map(rows.map((row) => [row.challenge_id, row.attempts])),
    new Map([
      [first, 0],
      [newest, 1],
    ]),
  );
});

test("after the tries of a challenge are used up, an older challenge gives no further tries", async () => {
  const { clientId, challengeId: older } = await challenged("older@example.org");
  const newest = await challengeOf(clientId);
  for (let count = 0; count < 5; count += 1) await enter(newest, "999999");
  assert.deepEqual(await enterByEmail("older@example.org"), REFUSED);
  const { rows } = await database.query<{ attempts: number }>(sql`
    select attempts from identity.challenge where challenge_id = ${older}`);
  assert.deepEqual(rows, [{ attempts: 0 }]);
});
