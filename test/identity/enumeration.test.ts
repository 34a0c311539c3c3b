import assert from "node:assert/strict";
import { test } from "node:test";
import { forgotPassword } from "../../functions/forgot-password/forgot-password.ts";
import { resendVerification } from "../../functions/resend-verification/resend-verification.ts";
import { parseEmail } from "../../layers/domain/identity/client.ts";
import { setStatus } from "../../layers/store/identity/clients.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { watchWork } from "../../layers/testing/enumeration.ts";
import { asRole, type Handler, invoke, useEnvironment } from "../../layers/testing/http.ts";
import {
  activeClient,
  identityDeps,
  PASSWORD,
  pendingClient,
} from "../../layers/testing/identity.ts";

// No route reveals to a stranger whether an address belongs to a client: the status, the headers,
// the body and the amount of work are the same. Login and sign-up count their hashes beside their
// code.

const database = await testDatabase();
useEnvironment(asRole(database.url, "brokerx_identity"));
const { handler: register } = await import("../../functions/register/handler.ts");
const { handler: login } = await import("../../functions/login/handler.ts");
const { handler: forgot } = await import("../../functions/forgot-password/handler.ts");
const { handler: resend } = await import("../../functions/resend-verification/handler.ts");
const { handler: verifyMfa } = await import("../../functions/verify-mfa/handler.ts");
const deps = identityDeps(database.url);
const passwordHash = await deps.passwords.hash(PASSWORD);

/** An address of each kind, all of the same length. */
const ADDRESSES = ["unknown", "pending", "waiting", "blocked", "removed", "clients"].map(
  (name) => `${name}@example.org`,
);
await pendingClient(database, "pending@example.org", passwordHash);
await pendingClient(database, "waiting@example.org", passwordHash);
await database.query(sql`
  update identity.verification set opened_at = now() where email = 'waiting@example.org'`);
await activeClient(database, { email: "clients@example.org", passwordHash });
for (const [email, status] of [
  ["blocked@example.org", "suspended"],
  ["removed@example.org", "closed"],
] as const) {
  const clientId = await activeClient(database, { email, passwordHash });
  await database.transaction((tx) => setStatus(tx, clientId, status));
}

const DETAILS = { first_name: "Ada", last_name: "Lovelace", date_of_birth: "1990-12-10" };
const NO_CHALLENGE = "01890a5d-ac96-774b-bcce-b302099a8057";

const REQUESTS: Readonly<Record<string, readonly [Handler, (email: string) => object]>> = {
  register: [register, (email) => ({ client: { email, password: PASSWORD, ...DETAILS } })],
  "login with a wrong password": [login, (email) => ({ email, password: "not the password" })],
  "a forgotten password": [forgot, (email) => ({ email })],
  "another sign-up link": [resend, (email) => ({ email })],
  "a code for no challenge": [verifyMfa, (email) => ({ email, code: "123456" })],
  "a code for an unknown challenge": [
    verifyMfa,
    () => ({ challenge_id: NO_CHALLENGE, code: "123456" }),
  ],
};

/** Everything that an answer shows, without random values and values from the request. */
const shown = async (handler: Handler, body: object, email: string): Promise<string> => {
  const { status, headers, text } = await invoke(handler, { body });
  const { "x-correlation-id": correlationId = "", ...rest } = headers;
  return JSON.stringify({ status, rest, text })
    .replaceAll(email, "<email>")
    .replaceAll(correlationId, "<id>");
};

for (const [name, [handler, bodyFor]] of Object.entries(REQUESTS))
  test(`${name}: every address gets the same answer, known or not`, async () => {
    const answers = new Map<string, string[]>();
    for (const email of ADDRESSES) {
      const response = await shown(handler, bodyFor(email), email);
      answers.set(response, [...(answers.get(response) ?? []), email]);
    }
    assert.equal(answers.size, 1, JSON.stringify([...answers], undefined, 1));
  });

for (const [name, ask] of [
  ["a forgotten password", forgotPassword],
  ["another sign-up link", resendVerification],
] as const)
  test(`${name}: every address costs the same round trips and no hash`, async () => {
    await database.query(sql`delete from identity.mail`);
    const costs = new Map<string, string[]>();
    // The unknown address has signed up above.
    for (const text of ["nobodys@example.org", ...ADDRESSES.slice(1)]) {
      const email = parseEmail(text);
      assert.ok(email);
      const { watched, count } = watchWork(deps);
      await ask(watched, { email, correlationId: "test" });
      const cost = JSON.stringify(count());
      costs.set(cost, [...(costs.get(cost) ?? []), text]);
    }
    assert.equal(costs.size, 1, JSON.stringify([...costs]));
    const [cost = "{}"] = costs.keys();
    const { statements, hashes } = JSON.parse(cost);
    assert.ok(statements > 0);
    assert.equal(hashes, 0);
    const { rows } = await database.query<{ recipient: string }>(sql`
      select recipient from identity.mail order by recipient`);
    assert.deepEqual(
      rows.map(({ recipient }) => recipient),
      ask === forgotPassword
        ? ["clients@example.org"]
        : ["pending@example.org", "waiting@example.org"],
      "only those whom it concerns get a mail",
    );
  });
