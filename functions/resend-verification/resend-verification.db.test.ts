import assert from "node:assert/strict";
import { test } from "node:test";
import { parseEmail } from "../../layers/domain/client.ts";
import { hashToken } from "../../layers/platform/secrets.ts";
import { sql } from "../../layers/store/database.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import {
  activeClient,
  identityDeps,
  mailedToken,
  mailsTo,
  pendingClient,
} from "../../layers/testing/identity.ts";
import { resendVerification } from "./resend-verification.ts";

const database = await testDatabase();
const deps = identityDeps(database.url);

const resend = (text: string) => {
  const email = parseEmail(text);
  assert.ok(email);
  return resendVerification(deps, { email, correlationId: "test" });
};

const workingLinks = async (clientId: string) => {
  const { rows } = await database.query<{ token_hash: Buffer }>(sql`
    select token_hash from identity.verification
    where client_id = ${clientId} and used_at is null and expires_at > now()`);
  return rows.map(({ token_hash }) => token_hash.toString("hex"));
};

test("a pending client gets another link, and the first one still works", async () => {
  const { clientId, token } = await pendingClient(database, "ada@example.org");
  await resend("ADA@example.org");
  const another = await mailedToken(database, "ada@example.org");
  const expected = [token, another].map((each) => hashToken(each).toString("hex")).sort();
  assert.deepEqual((await workingLinks(clientId)).sort(), expected);
});

test("an active client and a stranger get nothing", async () => {
  const email = "active@example.org";
  const clientId = await activeClient(database, { email, passwordHash: "none" });
  await resend(email);
  await resend("stranger@example.org");
  assert.deepEqual(await mailsTo(database, email), []);
  assert.deepEqual(await mailsTo(database, "stranger@example.org"), []);
  assert.deepEqual(await workingLinks(clientId), []);
});

test("however often and however parallel it is asked, five mails an hour go out", async () => {
  await pendingClient(database, "flood@example.org");
  await Promise.all(Array.from({ length: 12 }, () => resend("flood@example.org")));
  assert.equal((await mailsTo(database, "flood@example.org")).length, 5);
});
