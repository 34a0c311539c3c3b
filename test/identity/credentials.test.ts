import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeJwt } from "jose";
import { createPasswords } from "../../layers/platform/credentials/passwords.ts";
import { createSemaphore } from "../../layers/platform/semaphore.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { asRole, authorizationOf, useEnvironment } from "../../layers/testing/http.ts";
import { mailedToken, mailsTo, PASSWORD, pendingClient } from "../../layers/testing/identity.ts";
import { until } from "../../layers/testing/until.ts";
import { createPerson, loadIdentity } from "./person.ts";

// Step-up, passwords, addresses and closing an account, as a client uses them over HTTP.

const database = await testDatabase();
useEnvironment(asRole(database.url, "brokerx_identity"));
const routes = await loadIdentity();
const hash = await createPasswords(createSemaphore({ running: 2, waiting: 100 })).hash(PASSWORD);
const person = (email: string) => createPerson({ database, routes, hash }, email);
const NEW = "another long walk to the lighthouse";
const LONG_AGO = new Date(Date.now() - 301_000);

const bearerOf = (token: string) => ({ authorization: `Bearer ${token}` });
const bearer = (reply: { json: () => Record<string, unknown> }) => ({
  authorization: `Bearer ${String(reply.json()["token"])}`,
});

test("a step-up is required five minutes after the login, and a new step-up satisfies it", async () => {
  const ada = await person("ada@example.org");
  const asked: Readonly<Record<string, object>> = {
    changePassword: { current_password: PASSWORD, password: NEW },
    changeEmail: { email: "new@example.org" },
    close: {},
    beginTotp: {},
    confirmTotp: { code: "000000" },
    removeTotp: { code: "000000" },
    createKey: { name: "bot", scopes: ["read"] },
  };
  for (const [operation, body] of Object.entries(asked)) {
    const refused = await ada.as(operation, { body }, LONG_AGO);
    assert.equal(refused.status, 403, operation);
    assert.equal(refused.json()["code"], "step_up_required", operation);
  }
  const begun = await ada.as("stepUp", { body: {} }, LONG_AGO);
  assert.equal(begun.status, 202, begun.text);
  assert.equal(begun.json()["method"], "mail");
  const passed = await ada.as("stepUp", { body: { code: await ada.code() } }, LONG_AGO);
  assert.equal(passed.status, 200, passed.text);
  const headers = bearer(passed);
  const body = { current_password: PASSWORD, password: NEW };
  assert.equal((await ada.as("changePassword", { body, headers })).status, 204);
});

test("a step-up code is checked five times, works once, and only in its own session", async () => {
  const eve = await person("eve@example.org");
  await eve.as("stepUp", { body: {} });
  const code = await eve.code();
  const otherSession = await eve.logIn();
  const elsewhere = await eve.as("stepUp", { body: { code }, headers: bearer(otherSession) });
  assert.equal(elsewhere.status, 401, "another session of the same client");
  const wrong = code === "000000" ? "000001" : "000000";
  for (let tries = 0; tries < 5; tries += 1)
    assert.equal((await eve.as("stepUp", { body: { code: wrong } })).status, 401);
  assert.equal((await eve.as("stepUp", { body: { code } })).status, 401);
  await eve.as("stepUp", { body: {} });
  const second = await eve.code();
  assert.equal((await eve.as("stepUp", { body: { code: second } })).status, 200);
  assert.equal((await eve.as("stepUp", { body: { code: second } })).status, 401);
});

test("the token of a step-up has the roles of that moment, whatever the earlier token has", async () => {
  const olive = await person("olive@example.org");
  const headers = { authorization: await authorizationOf(olive.clientId, ["admin"]) };
  const rolesAfterStepUp = async () => {
    await olive.as("stepUp", { body: {}, headers });
    const passed = await olive.as("stepUp", { body: { code: await olive.code() }, headers });
    assert.equal(passed.status, 200, passed.text);
    return decodeJwt(String(passed.json()["token"]))["roles"];
  };
  assert.deepEqual(await rolesAfterStepUp(), []);
  await database.query(sql`
    update identity.client set roles = '{admin}' where client_id = ${olive.clientId}`);
  assert.deepEqual(await rolesAfterStepUp(), ["admin"]);
});

test("a login and a refresh give the roles of that moment", async () => {
  const oscar = await person("oscar@example.org");
  const setRoles = (roles: readonly string[]) =>
    database.query(sql`
      update identity.client set roles = ${roles} where client_id = ${oscar.clientId}`);
  const rolesOf = (reply: { json: () => Record<string, unknown> }) =>
    decodeJwt(String(reply.json()["token"]))["roles"];
  await setRoles(["admin"]);
  const pair = await oscar.logIn();
  assert.deepEqual(rolesOf(pair), ["admin"]);
  await setRoles([]);
  const body = { refresh_token: pair.json()["refresh_token"] };
  const refreshed = await oscar.send("refresh", { body });
  assert.equal(refreshed.status, 200, refreshed.text);
  assert.deepEqual(rolesOf(refreshed), []);
  const repeated = await oscar.send("refresh", { body });
  assert.deepEqual(rolesOf(repeated), [], "also when the request is repeated");
});

test("a forgotten password is reset by a mailed link, once, which ends all sessions", async () => {
  const bob = await person("bob@example.org");
  const session = await bob.logIn();
  const answers = [
    await bob.send("forgot", { body: { email: bob.email }, headers: { "x-correlation-id": "x" } }),
    await bob.send("forgot", {
      ...{ body: { email: "nobody@example.org" }, headers: { "x-correlation-id": "x" } },
    }),
  ];
  assert.equal(answers[0]?.status, 202);
  assert.deepEqual({ ...answers[0], json: 0 }, { ...answers[1], json: 0 });
  assert.deepEqual(await mailsTo(database, "nobody@example.org"), []);
  const token = await bob.token();
  const created = await bob.as("createKey", { body: { name: "bot", scopes: ["read"] } });
  const key = bearerOf((created.json()["api_key"] as { key: string }).key);
  assert.equal((await bob.send("profile", { method: "GET", headers: key })).status, 200);
  const weak = await bob.send("reset", { body: { token, password: "PasswordPassword" } });
  assert.equal(weak.status, 422, "the link is not used up by a password that is refused");
  assert.equal((await bob.send("reset", { body: { token, password: NEW } })).status, 204);
  const again = await bob.send("reset", { body: { token, password: PASSWORD } });
  assert.equal(again.json()["code"], "invalid_link");
  const refresh_token = session.json()["refresh_token"];
  assert.equal((await bob.send("refresh", { body: { refresh_token } })).status, 401);
  const refused = async () =>
    (await bob.send("profile", { method: "GET", headers: key })).status === 401;
  await until(refused, "the API key is refused");
  const ended = await bob.send("listSessions", { headers: bearer(session) });
  assert.equal(ended.status, 401);
  assert.equal((await bob.challenge(PASSWORD)).status, 401);
  assert.equal((await bob.logIn(NEW)).status, 200);
  const mails = (await mailsTo(database, bob.email)).map(({ subject }) => subject);
  assert.ok(mails.includes("Your BrokerX password was changed"));
});

test("at most five resets an hour are mailed, and a new link leaves earlier ones valid until one is used", async () => {
  const flood = await person("flood@example.org");
  for (let times = 0; times < 7; times += 1)
    await flood.send("forgot", { body: { email: flood.email } });
  assert.equal((await mailsTo(database, flood.email)).length, 5);
});

test("changing the password needs the old one and ends the other sessions", async () => {
  const dora = await person("dora@example.org");
  const [mine, second] = [await dora.logIn(), await dora.logIn()];
  const change = (current_password: string) =>
    dora.send("changePassword", {
      ...{ headers: bearer(mine), body: { current_password, password: NEW } },
    });
  const wrong = await change("not the password at all");
  assert.equal(wrong.status, 422, wrong.text);
  assert.equal((await change(PASSWORD)).status, 204);
  const refresh = (reply: typeof mine) =>
    dora.send("refresh", { body: { refresh_token: reply.json()["refresh_token"] } });
  assert.equal((await refresh(mine)).status, 200);
  assert.equal((await refresh(second)).status, 401);
});

test("guesses at the old password are slowed down", async () => {
  const owner = await person("slow@example.org");
  const body = { current_password: "not the password at all", password: NEW };
  const statuses: number[] = [];
  for (let tries = 0; tries < 8; tries += 1)
    statuses.push((await owner.as("changePassword", { body })).status);
  assert.ok(statuses.includes(429), String(statuses));
});

test("a new address is used once its owner confirms it, and the old address is notified", async () => {
  const fay = await person("fay@example.org");
  assert.equal((await fay.as("changeEmail", { body: { email: "Fay@New.example" } })).status, 202);
  const token = await mailedToken(database, "fay@new.example");
  const scanned = await fay.as("profile", { method: "GET" });
  assert.equal((scanned.json()["client"] as { email: string }).email, "fay@example.org");
  for (let times = 0; times < 2; times += 1) {
    const confirmed = await fay.send("confirmEmail", { body: { token } });
    assert.equal(confirmed.status, 200, confirmed.text);
    assert.deepEqual(confirmed.json(), { client: { email: "Fay@New.example" } });
  }
  assert.equal((await fay.challenge()).status, 401);
  const told = (await mailsTo(database, "fay@example.org")).map(({ body }) => body);
  assert.equal(told.filter((body) => body.includes("e-mail address")).length, 2);
});

test("a new address ends the codes and links that were mailed before", async () => {
  const ida = await person("ida@example.org");
  await ida.as("changeEmail", { body: { email: "first@ida.example" } });
  await ida.as("changeEmail", { body: { email: "second@ida.example" } });
  await ida.send("forgot", { body: { email: ida.email } });
  const [early, late] = [
    await mailedToken(database, "first@ida.example"),
    await mailedToken(database, "second@ida.example"),
  ];
  const reset = await ida.token();
  assert.equal((await ida.send("confirmEmail", { body: { token: late } })).status, 200);
  const again = await ida.send("confirmEmail", { body: { token: early } });
  assert.equal(again.json()["code"], "invalid_link");
  const password = await ida.send("reset", { body: { token: reset, password: NEW } });
  assert.equal(password.json()["code"], "invalid_link");
});

test("an address of another client cannot be taken, and the answer does not reveal it", async () => {
  const [gil, hal] = [await person("gil@example.org"), await person("hal@example.org")];
  assert.equal((await gil.as("changeEmail", { body: { email: hal.email } })).status, 202);
  const [mail] = await mailsTo(database, hal.email);
  assert.equal(mail?.subject, "You already have a BrokerX account");
  assert.equal((await hal.challenge()).status, 200);
});

test("a client who confirms an address replaces an unconfirmed sign-up with it", async () => {
  const kim = await person("kim@example.org");
  const email = "kim@wanted.example";
  const stranger = await pendingClient(database, email, hash);
  assert.equal((await kim.as("changeEmail", { body: { email } })).status, 202);
  const token = await mailedToken(database, email);
  const confirmed = await kim.send("confirmEmail", { body: { token } });
  assert.equal(confirmed.status, 200, confirmed.text);
  const late = await kim.send("confirm", { body: { token: stranger.token } });
  assert.equal(late.json()["code"], "invalid_verification_token", late.text);
  const login = await kim.send("login", { body: { email, password: PASSWORD } });
  assert.equal(login.status, 200, login.text);
  const { rows } = await database.query(sql`
    select client_id from identity.client where lower(email_key) = ${email}`);
  assert.deepEqual(rows, [{ client_id: kim.clientId }]);
});

test("a sign-up that is confirmed first keeps its address", async () => {
  const [lea, email] = [await person("lea@example.org"), "lea@wanted.example"];
  const stranger = await pendingClient(database, email, hash);
  await lea.as("changeEmail", { body: { email } });
  const token = await mailedToken(database, email);
  assert.equal((await lea.send("confirm", { body: { token: stranger.token } })).status, 200);
  assert.equal(
    (await lea.send("confirmEmail", { body: { token } })).json()["code"],
    "invalid_link",
  );
});

test("a client reads and changes its own details", async () => {
  const ida = await person("ida@example.org");
  const shown = (await ida.as("profile", { method: "GET" })).json()["client"];
  const { created_at: _, ...rest } = shown as Record<string, unknown>;
  assert.deepEqual(rest, {
    ...{ client_id: ida.clientId, email: ida.email, first_name: "Ada", last_name: "Lovelace" },
    ...{ full_name: "Ada Lovelace", date_of_birth: "1990-01-01", status: "active", roles: [] },
    ...{ wants_mail: true, totp: false },
  });
  const changed = await ida.as("updateProfile", {
    ...{ method: "PATCH", body: { client: { first_name: "Ida", wants_mail: false } } },
  });
  const { full_name, wants_mail } = changed.json()["client"] as Record<string, unknown>;
  assert.deepEqual([full_name, wants_mail], ["Ida Lovelace", false]);
});

test("an account with cash stays open, and an empty one closes with its sessions", async () => {
  const joe = await person("joe@example.org");
  const session = await joe.logIn();
  await database.query(sql`
    with entry as (
      insert into ledger.journal (kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket)
      values ('deposit', 'test', 'USD', 100, '00000000-0000-0000-0000-000000000001', 'house', ${joe.clientId}, 'available'))
    update ledger.balance set available = 100 where client_id = ${joe.clientId}`);
  const refused = await joe.as("close", { body: {} });
  assert.equal(refused.status, 422, refused.text);
  assert.deepEqual(
    [refused.json()["code"], refused.json()["left"]],
    ["account_not_empty", ["USD"]],
  );
  await database.query(sql`
    with entry as (
      insert into ledger.journal (kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket)
      values ('correction', 'test', 'USD', 100, ${joe.clientId}, 'available', '00000000-0000-0000-0000-000000000001', 'house'))
    update ledger.balance set available = 0 where client_id = ${joe.clientId}`);
  const closed = await joe.as("close", { body: {} });
  assert.equal(closed.status, 200, closed.text);
  assert.equal((closed.json()["client"] as { status: string }).status, "closed");
  const refresh_token = session.json()["refresh_token"];
  assert.equal((await joe.send("refresh", { body: { refresh_token } })).status, 401);
  assert.equal((await joe.challenge()).status, 401);
});
