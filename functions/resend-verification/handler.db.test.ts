import assert from "node:assert/strict";
import { test } from "node:test";
import { refusesEach } from "../../layers/testing/bad-input.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { asRole, invoke, useEnvironment } from "../../layers/testing/http.ts";
import { mailsTo, pendingClient } from "../../layers/testing/identity.ts";

const database = await testDatabase();
useEnvironment(asRole(database.url, "brokerx_identity"));
const { handler } = await import("./handler.ts");

test("every address gets the same answer, however often it asks", async () => {
  await pendingClient(database, "ada@example.org");
  const answers = new Set<string>();
  for (let count = 0; count < 7; count += 1)
    for (const email of ["ada@example.org", "stranger@example.org"]) {
      const reply = await invoke(handler, {
        headers: { "x-correlation-id": "x" },
        body: { email },
      });
      answers.add(JSON.stringify([reply.status, reply.headers, reply.text]));
    }
  assert.equal(answers.size, 1);
  assert.match([...answers][0] ?? "", /^\[202,/);
  assert.equal((await mailsTo(database, "ada@example.org")).length, 5);
});

test("a text that is not an e-mail address is refused and named, and nothing is written", async () => {
  const wrong = [
    undefined,
    null,
    7,
    [],
    "",
    "ada",
    "a@b.ca,c@d.ca",
    "a@b.ca\nBcc: c@d.ca",
    "a@b.ca\0",
  ];
  await refusesEach(
    database,
    handler,
    wrong.map((email) => [{ email }, "email"] as const),
  );
});
