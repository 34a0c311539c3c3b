import assert from "node:assert/strict";
import { test } from "node:test";
import { hash } from "@node-rs/argon2";
import { parseEmail } from "../../layers/domain/identity/client.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import {
  activeClient,
  auditCounts,
  identityDeps,
  mailedCode,
  mailsTo,
  PASSWORD,
  pendingClient,
} from "../../layers/testing/identity.ts";
import { login } from "./login.ts";

const database = await testDatabase();
const deps = identityDeps(database.url);
const passwordHash = await deps.passwords.hash(PASSWORD);
const REFUSED = { ok: false, failure: { code: "invalid_credentials" } };

const attempt = (text: string, password = PASSWORD, address = newUuid()) => {
  const email = parseEmail(text);
  assert.ok(email);
  return login(deps, { email, password, address, correlationId: "test" });
};

const challengesOf = async (clientId: string) => {
  const { rows } = await database.query<{ challenge_id: string; code_hash: Buffer }>(sql`
    select challenge_id, code_hash from identity.challenge where client_id = ${clientId}`);
  return rows;
};

test("the right password creates a challenge; its code is mailed and stored only as a keyed hash", async () => {
  const email = "ada@example.org";
  const clientId = await activeClient(database, { email, passwordHash });
  const outcome = await attempt("Ada@Example.org");
  assert.ok(outcome.ok);
  const [challenge] = await challengesOf(clientId);
  assert.equal(outcome.value.challengeId, challenge?.challenge_id);
  const code = await mailedCode(database, email);
  assert.deepEqual(challenge?.code_hash, deps.seal.stamp(code, outcome.value.challengeId));
  assert.notDeepEqual(challenge?.code_hash, deps.seal.stamp(code, newUuid()));
  const minutes = (outcome.value.expiresAt.getTime() - Date.now()) / 60_000;
  assert.ok(minutes > 9 && minutes <= 10.1, `the code works for ${minutes} minutes`);
  assert.equal((await auditCounts(database))["login_challenged"], 1);
});

test("a wrong password, an unknown e-mail, a pending and a suspended client get the same answer", async () => {
  await activeClient(database, { email: "known@example.org", passwordHash });
  await pendingClient(database, "pending@example.org", passwordHash);
  await activeClient(database, { email: "suspended@example.org", passwordHash });
  await database.query(sql`
    update identity.client set status = 'suspended' where email_key = 'suspended@example.org'`);
  assert.deepEqual(await attempt("known@example.org", "not the password at all"), REFUSED);
  for (const name of ["unknown", "pending", "suspended"]) {
    assert.deepEqual(await attempt(`${name}@example.org`), REFUSED);
    assert.deepEqual(await mailsTo(database, `${name}@example.org`), []);
  }
  assert.equal((await auditCounts(database))["login_refused"], 4);
});

test("a weak hash is replaced at the next login, and the password still works", async () => {
  const weak = await hash(PASSWORD, { memoryCost: 8_192, timeCost: 1, parallelism: 1 });
  const clientId = await activeClient(database, { email: "old@example.org", passwordHash: weak });
  const stored = async () => {
    const { rows } = await database.query<{ password_hash: string }>(sql`
      select password_hash from identity.client where client_id = ${clientId}`);
    return rows[0]?.password_hash ?? "";
  };
  assert.deepEqual(await attempt("old@example.org", "not the password at all"), REFUSED);
  assert.equal(await stored(), weak);
  assert.equal((await attempt("old@example.org")).ok, true);
  assert.match(await stored(), /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  assert.equal((await attempt("old@example.org")).ok, true);
});

test("a client may leave five codes unused in a quarter of an hour, and then has to wait", async () => {
  const email = "forgetful@example.org";
  const clientId = await activeClient(database, { email, passwordHash });
  const outcomes = await Promise.all(Array.from({ length: 8 }, () => attempt(email)));
  assert.equal(outcomes.filter(({ ok }) => ok).length, 5);
  assert.equal((await challengesOf(clientId)).length, 5);
  assert.equal((await mailsTo(database, email)).length, 5);
  for (const outcome of outcomes)
    if (!outcome.ok) {
      assert.equal(outcome.failure.code, "too_many_challenges");
      const wait = "retryAfterSeconds" in outcome.failure ? outcome.failure.retryAfterSeconds : 0;
      assert.ok(wait > 880 && wait <= 900, `asked to wait ${wait} s`);
    }
  await database.query(sql`
    update identity.challenge set created_at = created_at - interval '15 minutes'
    where client_id = ${clientId}`);
  assert.equal((await attempt(email)).ok, true);
});

test("codes that were used are not counted", async () => {
  const email = "busy@example.org";
  const clientId = await activeClient(database, { email, passwordHash });
  for (let count = 0; count < 7; count += 1) {
    assert.equal((await attempt(email)).ok, true);
    await database.query(sql`
      update identity.challenge set passed_at = now() where client_id = ${clientId}`);
  }
});

test("a network address cannot have codes mailed without limit", async () => {
  const email = "office@example.org";
  const clientId = await activeClient(database, { email, passwordHash });
  await database.query(sql`
    insert into identity.challenge (challenge_id, client_id, code_hash, address, created_at, expires_at)
    select gen_random_uuid(), ${clientId}, sha256('x'), '198.51.100.9', now() - interval '14 minutes', now()
    from generate_series(1, 50)`);
  const colleague = "colleague@example.org";
  await activeClient(database, { email: colleague, passwordHash });
  const outcome = await attempt(colleague, PASSWORD, "198.51.100.9");
  assert.equal(outcome.ok, false);
  assert.ok(!outcome.ok && outcome.failure.code === "too_many_challenges");
  assert.ok(outcome.failure.retryAfterSeconds <= 60);
  assert.equal((await attempt(colleague, PASSWORD, "198.51.100.10")).ok, true);
});
