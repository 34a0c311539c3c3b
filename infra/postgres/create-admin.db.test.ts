import assert from "node:assert/strict";
import { test } from "node:test";
import { createSeal } from "../../layers/platform/credentials/seal.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { TEST_MAIL_SECRET } from "../../layers/testing/http.ts";
import { mailedToken, mailsTo } from "../../layers/testing/identity.ts";
import { createAdmin } from "./create-admin.ts";

const database = await testDatabase();
const create = (email: string) =>
  createAdmin(
    { database, seal: createSeal(TEST_MAIL_SECRET), publicUrl: "http://broker.test" },
    email,
  );

test("the first operator gets the role and a link, and the account has no known password", async () => {
  const clientId = await create("Op@Example.org");
  const { rows } = await database.query(sql`
    select email, status, roles from identity.client where client_id = ${clientId}`);
  assert.deepEqual(rows, [{ email: "Op@Example.org", status: "active", roles: ["admin"] }]);
  assert.match(await mailedToken(database, "op@example.org"), /^[\w-]{43}$/);
});

test("an existing account gets the role once, and a second link", async () => {
  assert.equal(await create("again@example.org"), await create("AGAIN@example.org"));
  const { rows } = await database.query(sql`
    select roles from identity.client where email_key = 'again@example.org'`);
  assert.deepEqual(rows, [{ roles: ["admin"] }]);
  assert.equal((await mailsTo(database, "again@example.org")).length, 2);
});

test("a text that is not an address is refused with a message", async () => {
  await assert.rejects(create("nobody"), /nobody is not an e-mail address/);
});
