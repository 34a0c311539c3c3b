import assert from "node:assert/strict";
import { test } from "node:test";
import { refusesEach } from "../../layers/testing/bad-input.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { asRole, invoke, useEnvironment } from "../../layers/testing/http.ts";
import { activeClient, PASSWORD } from "../../layers/testing/identity.ts";

const database = await testDatabase();
useEnvironment(asRole(database.url, "brokerx_identity"));
const { handler } = await import("./handler.ts");

const GOOD = {
  email: "ada@example.org",
  password: PASSWORD,
  first_name: "Ada",
  last_name: "Lovelace",
  date_of_birth: "1990-12-10",
};
const LONG = "x".repeat(20_000);

test("a sign-up is answered with the pending client", async () => {
  const reply = await invoke(handler, { body: { client: GOOD } });
  assert.equal(reply.status, 201);
  assert.deepEqual(reply.json(), {
    client: { email: "ada@example.org", full_name: "Ada Lovelace", status: "pending" },
  });
});

test("a known e-mail gets the same answer as an unknown one, byte for byte", async () => {
  await activeClient(database, { email: "known@example.org", passwordHash: "none" });
  const answers = await Promise.all(
    ["known@example.org", "fresh@example.org"].map(async (email) => {
      const headers = { "x-correlation-id": "same" };
      const reply = await invoke(handler, { headers, body: { client: { ...GOOD, email } } });
      return { ...reply, json: undefined, text: reply.text.replace(email, "—") };
    }),
  );
  assert.equal(answers[0]?.status, 201);
  assert.deepEqual(answers[0], answers[1]);
});

test("every invalid field is refused and named, and nothing is written", async () => {
  const wrong = {
    email: [
      undefined,
      null,
      7,
      "",
      "ada",
      "ada@localhost",
      "a@b.ca\r\nBcc: c@d.ca",
      `${LONG}@b.ca`,
    ],
    password: [
      undefined,
      null,
      123_456_789_012,
      "",
      "short",
      "x".repeat(129),
      LONG,
      "passwordpassword",
    ],
    first_name: [undefined, null, [], "", "   ", "A\nB", "A\0", "A\u202eB", "x".repeat(101), LONG],
    last_name: [undefined, {}, true, "\u2028", "\ud800", "123", LONG],
    date_of_birth: [
      ...[undefined, null, 19_900_101, "", "1990-02-30", "1990-1-1", "tomorrow", "2999-01-01"],
      ...["2099-12-31", "1890-01-01", "1990-01-01T00:00:00Z", "1990-01-01\n"],
    ],
  };
  const bodies = Object.entries(wrong).flatMap(([field, values]) =>
    values.map((value) => [{ client: { ...GOOD, [field]: value } }, `client.${field}`] as const),
  );
  await refusesEach(database, handler, [
    ...bodies,
    [{}, "client"],
    [{ client: null }, "client"],
    [{ client: [] }, "client"],
    [{ client: { ...GOOD, status: "active" } }, "client.status"],
    [{ client: { ...GOOD, roles: ["admin"] } }, "client.roles"],
    [{ client: GOOD, admin: true }, "admin"],
  ]);
});

test("a password of characters outside the basic plane is accepted", async () => {
  const client = { ...GOOD, email: "emoji@example.org", password: "🦊🦉🐝🐢🦋🐙🦀🐳🦔🦩🐌🦚" };
  assert.equal((await invoke(handler, { body: { client } })).status, 201);
});
