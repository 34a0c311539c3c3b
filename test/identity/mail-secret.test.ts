import assert from "node:assert/strict";
import { test } from "node:test";
import { forgotPassword } from "../../functions/forgot-password/forgot-password.ts";
import { login } from "../../functions/login/login.ts";
import { refreshSession } from "../../functions/refresh-session/refresh-session.ts";
import { resetPassword } from "../../functions/reset-password/reset-password.ts";
import { beginTotp, endTotp, finishTotp } from "../../functions/totp/totp.ts";
import { verifyMfa } from "../../functions/verify-mfa/verify-mfa.ts";
import { parseEmail } from "../../layers/domain/identity/client.ts";
import { createPasswords } from "../../layers/platform/credentials/passwords.ts";
import { createSeal, type Seal } from "../../layers/platform/credentials/seal.ts";
import { totpCode } from "../../layers/platform/credentials/totp.ts";
import { createSemaphore } from "../../layers/platform/semaphore.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { activeClient, identityDeps, PASSWORD } from "../../layers/testing/identity.ts";
import { testLogger } from "../../layers/testing/logger.ts";

// An operator replaces MAIL_SECRET: `old`, then `new,old`, then `new`.

const database = await testDatabase();
const shared = identityDeps(database.url);
const passwordHash = await createPasswords(createSemaphore({ running: 2, waiting: 100 })).hash(
  PASSWORD,
);
const OLD = "the old secret of this test, 32 bytes";
const NEW = "the new secret of this test, 32 bytes";
const withSeal = (seal: Seal) => ({ ...shared, seal, logger: testLogger() });
const before = withSeal(createSeal(OLD));
const both = withSeal(createSeal(NEW, OLD));
const after = withSeal(createSeal(NEW));
type Deps = typeof before;

const REFUSED = { ok: false, failure: { code: "invalid_code" } };
const CALL = { address: "203.0.113.7", correlationId: "test" };

const person = async (name: string) => {
  const email = parseEmail(`${name}@example.org`);
  assert.ok(email);
  return { email, clientId: await activeClient(database, { email, passwordHash }) };
};
type Person = Awaited<ReturnType<typeof person>>;

/**
 * Sets up an authenticator app; its next time step may be used at once. `started` has the secrets of
 * the first request.
 */
const enrol = async (deps: Deps, { clientId }: Person, started = deps) => {
  const begun = await beginTotp(started, { clientId });
  assert.ok(begun.ok);
  const code = () => totpCode(begun.value.secret, new Date());
  const confirmed = await finishTotp(deps, {
    ...{ clientId, sessionId: clientId, correlationId: "test" },
    code: code(),
  });
  assert.ok(confirmed.ok);
  await nextStep(clientId);
  return { code, recoveryCodes: confirmed.value };
};

const nextStep = (clientId: string) =>
  database.query(sql`
    update identity.totp set last_step = last_step - 2 where client_id = ${clientId}`);

const challengeOf = async (deps: Deps, { email }: Person) => {
  const asked = await login(deps, { ...CALL, email, password: PASSWORD });
  assert.ok(asked.ok);
  return asked.value.challengeId;
};

const enter = (deps: Deps, challengeId: Awaited<ReturnType<typeof challengeOf>>, code: string) =>
  verifyMfa(deps, { ...CALL, challengeId, email: undefined, code, userAgent: "" });

const newestMail = async ({ email }: Person) => {
  const { rows } = await database.query<{ mail_id: string; sealed_body: Buffer }>(sql`
    select mail_id, sealed_body from identity.mail
    where recipient = ${email} order by created_at desc limit 1`);
  assert.ok(rows[0]);
  return rows[0];
};

/** The text of the newest mail, as the worker reads it. */
const mailTo = async ({ seal }: Deps, client: Person) => {
  const { mail_id, sealed_body } = await newestMail(client);
  return seal.open(sealed_body, mail_id);
};

test("an app from before works, and its secret is sealed with the new secret", async () => {
  const ada = await person("ada");
  const { code } = await enrol(before, ada);
  const entered = await enter(both, await challengeOf(both, ada), code());
  assert.equal(entered.ok, true);
  await nextStep(ada.clientId);
  assert.equal((await enter(after, await challengeOf(after, ada), code())).ok, true);
});

test("an app that was set up while the secret changed is sealed with the new secret", async () => {
  const ivy = await person("ivy");
  const { code } = await enrol(both, ivy, before);
  assert.equal((await enter(after, await challengeOf(after, ivy), code())).ok, true);
});

test("a recovery code from before works once", async () => {
  const bob = await person("bob");
  const { recoveryCodes } = await enrol(before, bob);
  const [code = ""] = recoveryCodes;
  assert.equal((await enter(both, await challengeOf(both, bob), code)).ok, true);
  assert.deepEqual(await enter(both, await challengeOf(both, bob), code), REFUSED);
});

test("a login code that was mailed before works, also when its mail is still waiting", async () => {
  const eve = await person("eve");
  const challengeId = await challengeOf(before, eve);
  const [, code = ""] = /code is (\d{6})/.exec(await mailTo(both, eve)) ?? [];
  assert.equal((await enter(both, challengeId, code)).ok, true);
});

test("a link that was mailed before works, also when its mail is still waiting", async () => {
  const ida = await person("ida");
  await forgotPassword(before, { email: ida.email, correlationId: "test" });
  const [, token = ""] = /token=([\w-]+)/.exec(await mailTo(both, ida)) ?? [];
  const password = "another walk to the lighthouse";
  const set = await resetPassword(both, { token, password, correlationId: "test" });
  assert.equal(set.ok, true);
});

test("a refresh that is repeated after the change gets the same refresh token", async () => {
  const kim = await person("kim");
  const challengeId = await challengeOf(before, kim);
  const [, code = ""] = /code is (\d{6})/.exec(await mailTo(before, kim)) ?? [];
  const entered = await enter(before, challengeId, code);
  assert.ok(entered.ok);
  const { refreshToken } = entered.value;
  const first = await refreshSession(before, { ...CALL, refreshToken });
  assert.ok(first.ok);
  const second = await refreshSession(both, { ...CALL, refreshToken });
  assert.ok(second.ok);
  assert.equal(second.value.refreshToken, first.value.refreshToken);
});

test("without the old secret an app and its recovery codes are refused, and the log says why", async () => {
  const dan = await person("dan");
  const { code, recoveryCodes } = await enrol(before, dan);
  const [recoveryCode = ""] = recoveryCodes;
  const deps = { ...after, logger: testLogger() };
  const challengeId = await challengeOf(deps, dan);
  assert.deepEqual(await enter(deps, challengeId, code()), REFUSED);
  assert.deepEqual(await enter(deps, challengeId, recoveryCode), REFUSED);
  const { clientId } = dan;
  const caller = { clientId, sessionId: clientId, correlationId: "test", code: code() };
  const wrong = { ok: false, failure: { code: "wrong_code" } };
  assert.deepEqual(await endTotp(deps, caller), wrong);
  const logged = deps.logger.lines.filter(({ level }) => level === "error");
  assert.equal(logged.length, 2, "the two codes of the app");
  for (const { facts, event } of logged) {
    assert.equal(event, "the secret of an authenticator app cannot be opened");
    assert.equal("clientId" in facts && facts.clientId, dan.clientId);
  }
});

test("without the old secret an app that was not confirmed is refused, and can be set up again", async () => {
  const lea = await person("lea");
  const { clientId } = lea;
  const caller = { clientId, sessionId: clientId, correlationId: "test" };
  const begun = await beginTotp(before, caller);
  assert.ok(begun.ok);
  const code = totpCode(begun.value.secret, new Date());
  const refused = await finishTotp(after, { ...caller, code });
  assert.deepEqual(refused, { ok: false, failure: { code: "wrong_code" } });
  await enrol(after, lea);
});

test("without the old secret a mailed code is refused, and waiting mails cannot be opened", async () => {
  const max = await person("max");
  const challengeId = await challengeOf(before, max);
  const [, code = ""] = /code is (\d{6})/.exec(await mailTo(before, max)) ?? [];
  assert.deepEqual(await enter(after, challengeId, code), REFUSED);
  await assert.rejects(mailTo(after, max), /no secret opens/);
  await forgotPassword(before, { email: max.email, correlationId: "test" });
  await assert.rejects(mailTo(after, max), /no secret opens/);
});
