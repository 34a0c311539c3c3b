import assert from "node:assert/strict";
import { test } from "node:test";
import { parseEmail } from "../../layers/domain/identity/client.ts";
import { hashToken } from "../../layers/platform/credentials/secrets.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { sameTime, watchWork } from "../../layers/testing/enumeration.ts";
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

const emailOf = (text: string) => {
  const email = parseEmail(text);
  assert.ok(email);
  return email;
};

const resend = (text: string) =>
  resendVerification(deps, { email: emailOf(text), correlationId: "test" });

const workingLinks = async (clientId: string) => {
  const { rows } = await database.query<{ token_hash: Buffer }>(sql`
    select token_hash from identity.verification
    where client_id = ${clientId} and used_at is null and expires_at > now()`);
  return rows.map(({ token_hash }) => token_hash.toString("hex"));
};

test("a pending client gets another link, and the first link still works", async () => {
  const { clientId, token } = await pendingClient(database, "ada@example.org");
  await resend("ADA@example.org");
  const another = await mailedToken(database, "ada@example.org");
  const expected = [token, another].map((mailed) => hashToken(mailed).toString("hex")).sort();
  assert.deepEqual((await workingLinks(clientId)).sort(), expected);
});

test("an active client and an unknown address get nothing", async () => {
  const email = "active@example.org";
  const clientId = await activeClient(database, { email, passwordHash: "none" });
  await resend(email);
  await resend("stranger@example.org");
  assert.deepEqual(await mailsTo(database, email), []);
  assert.deepEqual(await mailsTo(database, "stranger@example.org"), []);
  assert.deepEqual(await workingLinks(clientId), []);
});

test("at most five mails an hour are sent, however many requests there are in parallel", async () => {
  await pendingClient(database, "flood@example.org");
  await Promise.all(Array.from({ length: 12 }, () => resend("flood@example.org")));
  assert.equal((await mailsTo(database, "flood@example.org")).length, 5);
});

test("an unknown address costs the same round trips as a pending client", async () => {
  await pendingClient(database, "pending@example.org");
  const work = await Promise.all(
    ["pending@example.org", "nobody@example.org", "active@example.org"].map(async (text) => {
      const { watched, count } = watchWork(deps);
      await resendVerification(watched, { email: emailOf(text), correlationId: "test" });
      return count();
    }),
  );
  assert.ok((work[0]?.statements ?? 0) > 2);
  assert.deepEqual(work[1], work[0]);
  assert.deepEqual(work[2], work[0]);
});

test("the time does not show whether an address belongs to a pending client", async () => {
  await pendingClient(database, "timed@example.org");
  await sameTime(
    () => resend("timed@example.org"),
    () => resend("nobody@example.org"),
    () => database.query(sql`delete from identity.mail`),
  );
});
