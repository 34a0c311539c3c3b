import assert from "node:assert/strict";
import { test } from "node:test";
import { login } from "../../functions/login/login.ts";
import { parseEmail } from "../../layers/domain/identity/client.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { asRole, invoke, useEnvironment } from "../../layers/testing/http.ts";
import { identityDeps, mailedCode, pendingClient } from "../../layers/testing/identity.ts";

// A stranger may sign up with an address that is not theirs, before or after its owner does.

const database = await testDatabase();
useEnvironment(asRole(database.url, "brokerx_identity"));
const { handler: verifyMfa } = await import("../../functions/verify-mfa/handler.ts");
const { handler: openLink } = await import("../../functions/verify-email/handler.ts");
const deps = identityDeps(database.url);
const OWNERS = "the password of the owner";
const STRANGERS = "the password of a stranger";

const logIn = (email: string, password: string) => {
  const address = parseEmail(email);
  assert.ok(address);
  const caller = { address: "203.0.113.7", correlationId: "test" };
  return login(deps, { email: address, password, ...caller });
};

const signUp = async (email: string, password: string): Promise<string> =>
  (await pendingClient(database, email, await deps.passwords.hash(password))).token;

const scan = async (token: string): Promise<void> => {
  const reply = await invoke(openLink, { method: "GET", query: `token=${token}` });
  assert.equal(reply.status, 200, reply.text);
};

const passwordHashOf = async (email: string) => {
  const { rows } = await database.query<{ status: string; password_hash: string }>(sql`
    select status, password_hash from identity.client where email_key = ${email}`);
  return rows[0] ?? { status: "none", password_hash: "" };
};

test("an opened link and the password of its sign-up open the account at the first login", async () => {
  const email = "ada@example.org";
  const token = await signUp(email, OWNERS);
  assert.equal((await logIn(email, OWNERS)).ok, false, "the address is not confirmed yet");
  await scan(token);
  const challenge = await logIn(email, OWNERS);
  assert.ok(challenge.ok);
  assert.equal((await passwordHashOf(email)).status, "pending");
  const body = {
    ...{ challenge_id: challenge.value.challengeId, code: await mailedCode(database, email) },
  };
  const reply = await invoke(verifyMfa, { body });
  assert.equal(reply.status, 200, reply.text);
  assert.equal((await passwordHashOf(email)).status, "active");
});

test("when a mail scanner opens all links, the owner's password opens the account, not the stranger's", async () => {
  const email = "owner@example.org";
  const tokens = [
    await signUp(email, STRANGERS),
    await signUp(email, OWNERS),
    await signUp(email, STRANGERS),
  ];
  for (const token of tokens) await scan(token);
  const strangers = await logIn(email, STRANGERS);
  assert.ok(strangers.ok, "its code goes to the owner's mailbox");
  const owners = await logIn(email, OWNERS);
  assert.ok(owners.ok);
  const body = {
    ...{ challenge_id: owners.value.challengeId, code: await mailedCode(database, email) },
  };
  assert.equal((await invoke(verifyMfa, { body })).status, 200);
  const { status, password_hash } = await passwordHashOf(email);
  assert.equal(status, "active");
  assert.equal(await deps.passwords.verify(OWNERS, password_hash), true);
  assert.equal((await logIn(email, STRANGERS)).ok, false);
});
