import assert from "node:assert/strict";
import { test } from "node:test";
import { createPasswords } from "../../layers/platform/credentials/passwords.ts";
import { totpCode } from "../../layers/platform/credentials/totp.ts";
import { createSemaphore } from "../../layers/platform/semaphore.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { asRole, useEnvironment } from "../../layers/testing/http.ts";
import { mailsTo, PASSWORD } from "../../layers/testing/identity.ts";
import { until } from "../../layers/testing/until.ts";
import { createPerson, loadIdentity } from "./person.ts";

const database = await testDatabase();
useEnvironment(asRole(database.url, "brokerx_identity"));
const routes = await loadIdentity();
const hash = await createPasswords(createSemaphore({ running: 2, waiting: 100 })).hash(PASSWORD);
const person = (email: string) => createPerson({ database, routes, hash }, email);
type Person = Awaited<ReturnType<typeof person>>;

/** Deletes the last used step, as if thirty seconds had passed. */
const nextStep = (person: Person) =>
  database.query(sql`
    update identity.totp set last_step = last_step - 2 where client_id = ${person.clientId}`);

const enrol = async (person: Person) => {
  const begun = await person.as("beginTotp", { body: {} });
  assert.equal(begun.status, 201, begun.text);
  const { secret, otpauth_uri, qr_code } = begun.json() as Record<string, string>;
  assert.match(otpauth_uri ?? "", /^otpauth:\/\/totp\/BrokerX:/);
  assert.match(qr_code ?? "", /^<svg /);
  const code = () => totpCode(secret ?? "", new Date());
  const confirmed = await person.as("confirmTotp", { body: { code: code() } });
  assert.equal(confirmed.status, 200, confirmed.text);
  const recoveryCodes = confirmed.json()["recovery_codes"] as string[];
  assert.equal(new Set(recoveryCodes).size, 10);
  return { code, recoveryCodes };
};

const enter = async (person: Person, code: string) => {
  const asked = await person.challenge();
  assert.equal(asked.json()["method"], "totp", asked.text);
  return person.send("verifyMfa", { body: { challenge_id: asked.json()["challenge_id"], code } });
};

test("with an authenticator app no code is mailed, and a code that was used is refused", async () => {
  const ada = await person("ada@example.org");
  const app = await enrol(ada);
  const before = (await mailsTo(database, ada.email)).length;
  const code = app.code();
  assert.equal((await enter(ada, code)).status, 401, "the step that confirmed the app is used");
  await nextStep(ada);
  assert.equal((await enter(ada, code)).status, 200);
  assert.equal((await enter(ada, code)).status, 401);
  assert.equal((await mailsTo(database, ada.email)).length, before);
});

test("of twenty parallel logins with the right code, one succeeds", async () => {
  const eve = await person("eve@example.org");
  const app = await enrol(eve);
  await nextStep(eve);
  const challenges = await Promise.all([eve.challenge(), eve.challenge(), eve.challenge()]);
  const code = app.code();
  const replies = await Promise.all(
    challenges.flatMap((asked) =>
      Array.from({ length: 4 }, () =>
        eve.send("verifyMfa", { body: { challenge_id: asked.json()["challenge_id"], code } }),
      ),
    ),
  );
  assert.equal(replies.filter(({ status }) => status === 200).length, 1);
});

test("a recovery code works once, in any spelling", async () => {
  const bob = await person("bob@example.org");
  const { recoveryCodes } = await enrol(bob);
  const [first = "", second = ""] = recoveryCodes;
  assert.equal((await enter(bob, first.toUpperCase().replace("-", ""))).status, 200);
  assert.equal((await enter(bob, first)).status, 401);
  assert.equal((await enter(bob, second)).status, 200);
});

test("a step-up takes the app's code in one request, and removing the app takes a code", async () => {
  const dan = await person("dan@example.org");
  const app = await enrol(dan);
  await nextStep(dan);
  assert.equal((await dan.as("stepUp", { body: { code: app.code() } })).status, 200);
  const again = await dan.as("beginTotp", { body: {} });
  assert.equal(again.json()["code"], "totp_in_use");
  const wrong = await dan.as("removeTotp", { method: "DELETE", body: { code: "aaaaa-aaaaa" } });
  assert.equal(wrong.json()["code"], "wrong_code");
  const body = { code: app.recoveryCodes[0] };
  assert.equal((await dan.as("removeTotp", { method: "DELETE", body })).status, 204);
  assert.equal((await dan.challenge()).json()["method"], "mail");
});

test("guesses at the app's code are slowed down", async () => {
  const gil = await person("gil@example.org");
  await enrol(gil);
  const statuses: number[] = [];
  for (let tries = 0; tries < 8; tries += 1)
    statuses.push((await gil.as("removeTotp", { body: { code: "aaaaa-aaaaa" } })).status);
  assert.ok(statuses.includes(429), String(statuses));
});

const createKey = async (person: Person, body: object) => {
  const made = await person.as("createKey", { body: { name: "bot", ...body } });
  assert.equal(made.status, 201, made.text);
  const { key, key_id } = made.json()["api_key"] as { key: string; key_id: string };
  return { key, keyId: key_id, headers: { authorization: `Bearer ${key}` } };
};

test("an API key is shown once, works within its scopes, and never where a person is required", async () => {
  const ida = await person("ida@example.org");
  const { key, headers } = await createKey(ida, { scopes: ["read"] });
  assert.match(key, /^brx_[a-z2-7]{12}_[a-z2-7]{52}[0-9a-f]{8}$/);
  assert.equal((await ida.send("profile", { method: "GET", headers })).status, 200);
  const refused: Readonly<Record<string, readonly [object, string]>> = {
    listKeys: [{}, "scope_required"],
    createKey: [{ name: "more", scopes: ["read"] }, "scope_required"],
    listSessions: [{}, "scope_required"],
    stepUp: [{}, "scope_required"],
    beginTotp: [{}, "scope_required"],
    updateProfile: [{ client: {} }, "scope_required"],
  };
  for (const [operation, [body, code]] of Object.entries(refused)) {
    const reply = await ida.send(operation, { body, headers });
    assert.deepEqual([reply.status, reply.json()["code"]], [403, code], operation);
  }
  const listed = await ida.as("listKeys", { method: "GET" });
  assert.equal(listed.text.includes(key), false);
  const [shown] = listed.json()["api_keys"] as { last_used_at: string | null }[];
  assert.notEqual(shown?.last_used_at, null);
  const { rows } = await database.query<{ everything: string }>(sql`
    select json_agg(api_key)::text as everything from identity.api_key`);
  assert.equal(rows[0]?.everything.includes(key.slice(17)), false);
});

test("the last use of a key is kept to the minute", async () => {
  const max = await person("max@example.org");
  const { headers, keyId } = await createKey(max, { scopes: ["read"] });
  const use = async () => {
    assert.equal((await max.send("profile", { method: "GET", headers })).status, 200);
    const listed = await max.as("listKeys", { method: "GET" });
    return (listed.json()["api_keys"] as { last_used_at: string }[])[0]?.last_used_at;
  };
  const first = await use();
  assert.equal(await use(), first, "a second use in the same minute writes nothing");
  await database.query(sql`
    update identity.api_key set last_used_at = now() - interval '61 seconds'
    where key_id = ${keyId}`);
  await until(
    async () => Date.parse((await use()) ?? "") >= Date.parse(first ?? ""),
    "it is newer",
  );
});

test("a key that is mistyped, expired or used from another address is refused", async () => {
  const joe = await person("joe@example.org");
  const { key, keyId, headers } = await createKey(joe, {
    ...{ scopes: ["read", "trade"], allowed_ips: ["203.0.113.0/24", "2001:db8::1"] },
    expires_at: new Date(Date.now() + 3_600_000).toISOString(),
  });
  const from = (address: string, authorization = headers.authorization) =>
    joe.send("profile", { method: "GET", address, headers: { authorization } });
  assert.equal((await from("203.0.113.200")).status, 200);
  assert.equal((await from("2001:db8::1")).status, 200);
  assert.equal((await from("198.51.100.1")).status, 401);
  const mistyped = `${key.slice(0, -9)}${key.at(-9) === "a" ? "b" : "a"}${key.slice(-8)}`;
  assert.equal((await from("203.0.113.7", `Bearer ${mistyped}`)).status, 401);
  await database.query(sql`
    update identity.api_key set expires_at = now() where key_id = ${keyId}`);
  await until(async () => (await from("203.0.113.7")).status === 401, "the key has expired");
});

test("a revoked key and the keys of a suspended client are refused within five seconds", async () => {
  const kim = await person("kim@example.org");
  const [first, second] = [
    await createKey(kim, { scopes: ["read"] }),
    await createKey(kim, { scopes: ["read"] }),
  ];
  const use = async ({ headers }: { headers: Record<string, string> }) =>
    (await kim.send("profile", { method: "GET", headers })).status;
  assert.deepEqual([await use(first), await use(second)], [200, 200]);
  const request = { method: "DELETE", params: { id: first.keyId } };
  const stranger = await person("stranger@example.org");
  assert.equal((await stranger.as("revokeKey", request)).status, 404);
  assert.equal((await kim.as("revokeKey", request)).status, 204);
  await until(async () => (await use(first)) === 401, "the revoked key is refused");
  assert.equal(await use(second), 200);
  await database.query(sql`
    update identity.client set status = 'suspended' where client_id = ${kim.clientId}`);
  await until(async () => (await use(second)) === 401, "the suspended client's key is refused");
});

test("an invalid key, name, scope or network is refused and named", async () => {
  const lea = await person("lea@example.org");
  const good = { name: "bot", scopes: ["read"] };
  const bad: readonly (readonly [object, string])[] = [
    [{ ...good, scopes: [] }, "scopes"],
    [{ ...good, scopes: ["admin"] }, "scopes.0"],
    [{ ...good, name: "" }, "name"],
    [{ ...good, allowed_ips: ["203.0.113.0/33"] }, "allowed_ips.0"],
    [{ ...good, allowed_ips: ["example.org"] }, "allowed_ips.0"],
    [{ ...good, expires_at: "2020-01-01T00:00:00Z" }, "expires_at"],
  ];
  for (const [body, path] of bad) {
    const reply = await lea.as("createKey", { body });
    assert.equal(reply.status, 422, reply.text);
    assert.equal((reply.json()["errors"] as { path: string }[])[0]?.path, path);
  }
});
