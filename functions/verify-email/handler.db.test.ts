import assert from "node:assert/strict";
import { test } from "node:test";
import { sql } from "../../layers/store/pg/database.ts";
import { refusesEach } from "../../layers/testing/bad-input.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { asRole, invoke, useEnvironment } from "../../layers/testing/http.ts";
import { pendingClient } from "../../layers/testing/identity.ts";

const database = await testDatabase();
useEnvironment(asRole(database.url, "brokerx_identity"));
const { handler, postHandler } = await import("./handler.ts");

const ACTIVE = (email: string) => ({
  client: { email, full_name: "Ada Lovelace", status: "active" },
});

test("opening the mailed link in a browser returns the active client", async () => {
  const { token } = await pendingClient(database, "link@example.org");
  const reply = await invoke(handler, { method: "GET", query: `token=${token}` });
  assert.equal(reply.status, 200);
  assert.deepEqual(reply.json(), ACTIVE("link@example.org"));
});

test("a program may send the token in a body instead", async () => {
  const { token } = await pendingClient(database, "post@example.org");
  const reply = await invoke(postHandler, { body: { token } });
  assert.equal(reply.status, 200);
  assert.deepEqual(reply.json(), ACTIVE("post@example.org"));
});

test("HEAD on the link changes nothing", async () => {
  const { clientId, token } = await pendingClient(database, "scanned@example.org");
  const rowOf = async () => {
    const { rows } = await database.query(sql`
      select verification.*, client.status
      from identity.verification
      join identity.client using (client_id)
      where client_id = ${clientId}`);
    return rows;
  };
  const before = await rowOf();
  const head = await invoke(handler, { method: "HEAD", query: `token=${token}` });
  assert.equal(head.status, 200);
  assert.equal(head.text, "");
  assert.deepEqual(await rowOf(), before);
});

test("a used link is confirmed again, and an unknown link is refused", async () => {
  const { token } = await pendingClient(database, "used@example.org");
  for (let times = 0; times < 2; times += 1)
    assert.equal((await invoke(postHandler, { body: { token } })).status, 200);
  const unknown = await invoke(postHandler, { body: { token: "A".repeat(43) } });
  assert.equal(unknown.status, 422);
  assert.equal(unknown.json()["code"], "invalid_verification_token");
});

test("a malformed token is refused and named, in the query and in the body", async () => {
  const wrong = [undefined, null, 7, {}, "", " ", "a/b", "a\0b", "x".repeat(129), "é"];
  await refusesEach(
    database,
    postHandler,
    wrong.map((token) => [{ token }, "token"] as const),
  );
  for (const query of ["", "token=", "token=%00", "token=a%20b", `token=${"x".repeat(200)}`]) {
    const reply = await invoke(handler, { method: "GET", query });
    assert.equal(reply.status, 422, query);
    assert.deepEqual((reply.json()["errors"] as { path: string }[])[0]?.path, "token");
  }
  for (const query of ["token=a&token=b", `token=${"x".repeat(5_000)}`])
    assert.equal((await invoke(handler, { method: "GET", query })).status, 400, query);
});
