import assert from "node:assert/strict";
import { test } from "node:test";
import { createPasswords } from "../../layers/platform/credentials/passwords.ts";
import { refusesEach } from "../../layers/testing/bad-input.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { asRole, invoke, useEnvironment } from "../../layers/testing/http.ts";
import { activeClient, PASSWORD, pendingClient } from "../../layers/testing/identity.ts";

const database = await testDatabase();
useEnvironment(asRole(database.url, "brokerx_identity"));
const { handler } = await import("./handler.ts");
const passwordHash = await createPasswords().hash(PASSWORD);
await activeClient(database, { email: "ada@example.org", passwordHash });
await pendingClient(database, "pending@example.org", passwordHash);

const send = (body: object) => invoke(handler, { body, headers: { "x-correlation-id": "same" } });

test("the right password is answered with a challenge", async () => {
  const reply = await send({ email: "ada@example.org", password: PASSWORD });
  assert.equal(reply.status, 200);
  const { mfa_required, challenge_id, expires_at, ...more } = reply.json();
  assert.equal(mfa_required, true);
  assert.match(String(challenge_id), /^[0-9a-f-]{36}$/);
  assert.match(String(expires_at), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  assert.deepEqual(more, { method: "mail" });
});

test("a wrong password, an unknown e-mail and an unconfirmed e-mail get the same answer, byte for byte", async () => {
  const answers = [
    await send({ email: "ada@example.org", password: "not the password at all" }),
    await send({ email: "stranger@example.org", password: PASSWORD }),
    await send({ email: "pending@example.org", password: PASSWORD }),
  ].map(({ status, headers, text }) => ({ status, headers, text }));
  assert.equal(answers[0]?.status, 401);
  assert.match(answers[0]?.text ?? "", /"code":"invalid_credentials"/);
  assert.deepEqual(answers[1], answers[0]);
  assert.deepEqual(answers[2], answers[0]);
});

test("too many unused codes are answered with 429 and a retry time", async () => {
  const body = { email: "ada@example.org", password: PASSWORD };
  const replies = [];
  for (let count = 0; count < 6; count += 1) replies.push(await send(body));
  const last = replies.at(-1);
  assert.equal(last?.status, 429);
  assert.equal(last?.json()["code"], "too_many_challenges");
  const seconds = Number(last?.headers["retry-after"]);
  assert.ok(seconds > 800 && seconds <= 900);
  const wrong = await send({ ...body, password: "not the password at all" });
  assert.equal(wrong.status, 401, "only who knows the password learns of the limit");
});

test("a burst of logins is answered, or refused with 503 and a retry time, in bounded time", async () => {
  const begun = performance.now();
  const replies = await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      invoke(handler, {
        body: { email: `nobody-${index}@example.org`, password: PASSWORD },
        address: `2001:db8::${index.toString(16)}`,
      }),
    ),
  );
  const codes = new Set(replies.map(({ status }) => status));
  assert.deepEqual(codes, new Set([401, 503]));
  const busy = replies.filter(({ status }) => status === 503);
  assert.ok(busy.length >= 100);
  assert.ok(busy.every(({ headers }) => headers["retry-after"] === "1"));
  assert.ok(performance.now() - begun < 10_000);
});

test("every invalid field is refused and named, and nothing is written", async () => {
  const good = { email: "ada@example.org", password: PASSWORD };
  await refusesEach(database, handler, [
    ...[undefined, null, 7, "", "ada", "a@b.ca\r\n"].map(
      (email) => [{ ...good, email }, "email"] as const,
    ),
    ...[undefined, null, 7, "", [], "x".repeat(257), "x".repeat(50_000)].map(
      (password) => [{ ...good, password }, "password"] as const,
    ),
    [{ ...good, code: "123456" }, "code"],
  ]);
});
