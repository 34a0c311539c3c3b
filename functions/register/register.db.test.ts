import assert from "node:assert/strict";
import { test } from "node:test";
import { hashToken } from "../../layers/platform/credentials/secrets.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import {
  applicationOf,
  auditCounts,
  identityDeps,
  mailedToken,
  mailsTo,
  PASSWORD,
} from "../../layers/testing/identity.ts";
import { register } from "./register.ts";

const database = await testDatabase();
const deps = identityDeps(database.url);

const signUp = (email: string, password = PASSWORD) =>
  register(deps, { application: applicationOf(email, password), correlationId: "test" });

const clientOf = async (email: string) => {
  const { rows } = await database.query<{
    client_id: string;
    status: string;
    password_hash: string;
    born: string;
  }>(sql`
    select client_id, status, password_hash, date_of_birth::text as born
    from identity.client where email_key = ${email.toLowerCase()}`);
  return rows;
};

test("signing up stores a pending client and mails a link, of which only the hash is stored", async () => {
  assert.equal((await signUp("ada@example.org")).ok, true);
  const [client] = await clientOf("ada@example.org");
  assert.equal(client?.status, "pending");
  assert.equal(client?.born, "1990-12-10");
  assert.match(client?.password_hash ?? "", /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);

  const token = await mailedToken(database, "ada@example.org");
  assert.ok(Buffer.from(token, "base64url").length >= 16, "the token has at least 128 bits");
  const { rows } = await database.query<{ hours: number }>(sql`
    select extract(epoch from expires_at - created_at)::integer / 3600 as hours
    from identity.verification where token_hash = ${hashToken(token)}`);
  assert.deepEqual(rows, [{ hours: 24 }]);
});

test("the mail contains no name, so that a stranger cannot send text through us", async () => {
  await signUp("quiet@example.org");
  const [mail] = await mailsTo(database, "quiet@example.org");
  assert.match(mail?.body ?? "", /http:\/\/broker\.test\/confirm\?token=[\w-]{43}\n/);
  assert.doesNotMatch(mail?.body ?? "", /Ada|Lovelace/);
});

test("neither the database nor the audit log contains a password or a token", async () => {
  await signUp("secret@example.org");
  const token = await mailedToken(database, "secret@example.org");
  const { rows } = await database.query<{ everything: string }>(sql`
    select concat(
      (select json_agg(client)::text from identity.client),
      (select json_agg(verification)::text from identity.verification),
      (select json_agg(mail)::text from identity.mail),
      (select json_agg(audit)::text from trading.audit)
    ) as everything`);
  const everything = rows[0]?.everything ?? "";
  assert.ok(everything.includes("secret@example.org"));
  for (const secret of [PASSWORD, token, Buffer.from(token).toString("hex")])
    assert.equal(everything.includes(secret), false);
});

test("each sign-up before the confirmation has its own details and its own link", async () => {
  await signUp("twice@example.org", "the first password of two");
  const [first] = await clientOf("twice@example.org");
  await signUp("Twice@Example.org", "the second password of two");
  const [second, ...others] = await clientOf("twice@example.org");
  assert.deepEqual(others, []);
  assert.deepEqual(second, first);
  const { rows } = await database.query<{ email: string; password_hash: string }>(sql`
    select email, password_hash from identity.verification
    where client_id = ${first?.client_id} and used_at is null
    order by created_at`);
  assert.deepEqual(
    rows.map(({ email }) => email),
    ["twice@example.org", "Twice@Example.org"],
  );
  assert.notEqual(rows[0]?.password_hash, rows[1]?.password_hash);
});

test("signing up with a client's e-mail changes nothing and notifies the owner", async () => {
  await signUp("owner@example.org");
  await database.query(sql`
    update identity.client set status = 'active', verified_at = now()
    where email_key = 'owner@example.org'`);
  const before = await clientOf("owner@example.org");
  const outcome = await signUp("OWNER@example.org", "the password of another person");
  assert.deepEqual(outcome.ok && outcome.value.email, "OWNER@example.org");
  assert.deepEqual(await clientOf("owner@example.org"), before);
  const mails = await mailsTo(database, "owner@example.org");
  assert.equal(mails.at(-1)?.subject, "You already have a BrokerX account");
});

test("four sign-ups at once create one client with four links", async () => {
  await Promise.all(Array.from({ length: 4 }, () => signUp("race@example.org")));
  const clients = await clientOf("race@example.org");
  assert.equal(clients.length, 1);
  const { rows } = await database.query(sql`
    select from identity.verification
    where client_id = ${clients[0]?.client_id} and used_at is null`);
  assert.equal(rows.length, 4);
});

test("an address gets at most five sign-up mails an hour, and further sign-ups change no details", async () => {
  for (let count = 0; count < 5; count += 1) await signUp("flood@example.org");
  const [before] = await clientOf("flood@example.org");
  const answers = await Promise.all([signUp("flood@example.org"), signUp("flood@example.org")]);
  assert.ok(answers.every(({ ok }) => ok));
  assert.equal((await mailsTo(database, "flood@example.org")).length, 5);
  assert.deepEqual(await clientOf("flood@example.org"), [before]);
});

test("a client is at least eighteen years old on the day of the sign-up", async () => {
  const application = applicationOf("young@example.org");
  const on = (today: string) =>
    register(
      { ...deps, clock: () => new Date(`${today}T12:00:00Z`) },
      { application, correlationId: "test" },
    );
  assert.deepEqual(await on("2008-12-09"), { ok: false, failure: { code: "too_young" } });
  assert.equal((await on("2008-12-10")).ok, true);
});

test("a date of birth that is today is refused", async () => {
  const deepSleep = { ...deps, clock: () => new Date("1990-12-10T23:59:59Z") };
  const application = applicationOf("baby@example.org");
  const outcome = await register(deepSleep, { application, correlationId: "test" });
  assert.deepEqual(outcome, { ok: false, failure: { code: "born_in_the_future" } });
  assert.deepEqual(await clientOf("baby@example.org"), []);
});

test("a common password is refused", async () => {
  for (const password of ["1qaz2wsx3edc", "PasswordPassword", "Football2024!", "aaaaaaaaaaaaaaaa"])
    assert.deepEqual(await signUp("weak@example.org", password), {
      ok: false,
      failure: { code: "common_password" },
    });
  assert.deepEqual(await signUp("weak.but.long@example.org", "Weak.but.Long@example.org"), {
    ok: false,
    failure: { code: "password_is_email" },
  });
  assert.deepEqual(await clientOf("weak@example.org"), []);
});

test("every sign-up writes one audit row", async () => {
  const before = await auditCounts(database);
  await signUp("audited@example.org");
  const after = await auditCounts(database);
  assert.equal((after["client_registered"] ?? 0) - (before["client_registered"] ?? 0), 1);
});
