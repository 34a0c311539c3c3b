import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, test } from "node:test";
import { newUuid } from "../../layers/platform/ids.ts";
import { createLogger } from "../../layers/platform/logger.ts";
import { openDatabase, sql } from "../../layers/store/pg/database.ts";
import { createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { asRole } from "../../layers/testing/http.ts";
import { purgeOld } from "./purge-old.ts";

const owner = await testDatabase();
const database = openDatabase({
  url: asRole(owner.url, "brokerx_notifier"),
  poolSize: 5,
  applicationName: "test notifier",
});
after(() => database.end());
const logger = createLogger({ service: "test", level: "silent" });
const clientId = await createTestClient(owner);

const mail = (days: number, end: "sent" | "failed" | "waiting") =>
  owner.query(sql`
    insert into identity.mail (
      mail_id, purpose, recipient, subject, sealed_body, sent_at, failed_at, give_up_at, created_at)
    select ${newUuid()}, 'code', 'a@example.org', ${`${days} ${end}`},
      case when ${end} = 'waiting' then '\\x00'::bytea end,
      case when ${end} = 'sent' then age end,
      case when ${end} = 'failed' then age end,
      now() + interval '1 day', now() - interval '30 days'
    from (select now() - make_interval(days => ${days})) as made (age)`);

const challenge = (days: number) =>
  owner.query(sql`
    insert into identity.challenge (challenge_id, client_id, code_hash, address, expires_at)
    values (${newUuid()}, ${clientId}, ${Buffer.alloc(32)}, ${`${days} challenge`},
      now() - make_interval(days => ${days}))`);

const verification = (days: number) =>
  owner.query(sql`
    insert into identity.verification (
      token_hash, client_id, email, first_name, last_name, date_of_birth, password_hash, expires_at)
    values (
      ${Buffer.alloc(32, days + 1)}, ${clientId}, 'a@example.org', 'Ada', 'Lovelace', '1990-12-10',
      'none', now() - make_interval(days => ${days}))`);

/** A session of that age with a token that has expired and one that has not. */
const session = async (name: string, end: { ended?: number; expired: number }) => {
  const sessionId = newUuid();
  await owner.query(sql`
    insert into identity.session (session_id, client_id, user_agent, ended_at, end_reason, expires_at)
    values (${sessionId}, ${clientId}, ${name},
      now() - make_interval(days => ${end.ended ?? null}),
      ${end.ended === undefined ? null : "logout"}, now() - make_interval(days => ${end.expired}))`);
  for (const days of [8, 6, -6])
    await owner.query(sql`
      insert into identity.refresh_token (token_hash, session_id, expires_at)
      values (${randomBytes(32)}, ${sessionId}, now() - make_interval(days => ${days}))`);
  await owner.query(sql`
    insert into identity.challenge (
      challenge_id, client_id, code_hash, address, session_id, purpose, expires_at)
    values (${newUuid()}, ${clientId}, ${Buffer.alloc(32)}, 'here', ${sessionId}, 'step_up', now())`);
};

const link = (days: number) =>
  owner.query(sql`
    insert into identity.link (token_hash, client_id, purpose, expires_at)
    values (${randomBytes(32)}, ${clientId}, 'password_reset', now() - make_interval(days => ${days}))`);

const throttle = (hours: number) =>
  owner.query(sql`
    insert into identity.throttle (subject, failures, next_at, updated_at)
    values (${`${hours} hours`}, 1, now(), now() - make_interval(hours => ${hours}))`);

const idempotencyKey = (days: number) =>
  owner.query(sql`
    insert into ledger.idempotency_key (client_id, operation, key, fingerprint, created_at)
    values (${clientId}, 'deposit', ${`${days} key`}, ${Buffer.alloc(32)},
      now() - make_interval(days => ${days}))`);

const kept = async () => {
  const { rows } = await owner.query<{ what: string }>(sql`
    select subject as what from identity.mail
    union all select address from identity.challenge
    union all select get_byte(token_hash, 0) - 1 || ' link' from identity.verification
    union all select key from ledger.idempotency_key
    order by what`);
  return rows.map(({ what }) => what);
};

const clear = () =>
  owner.query(sql`
    with mails as (delete from identity.mail), challenges as (delete from identity.challenge),
      links as (delete from identity.verification)
    delete from ledger.idempotency_key`);

test("rows are purged a week after their end, keys after eight days, and nothing sooner", async () => {
  for (const days of [6, 8]) {
    for (const end of ["sent", "failed", "waiting"] as const) await mail(days, end);
    await challenge(days);
    await verification(days);
  }
  for (const days of [7, 9]) await idempotencyKey(days);
  await purgeOld({ database, logger });
  assert.deepEqual(await kept(), [
    "6 challenge",
    "6 failed",
    "6 link",
    "6 sent",
    "6 waiting",
    "7 key",
    "8 waiting",
  ]);
  await clear();
});

test("sessions are purged a week after their end, with what belongs to them", async () => {
  await session("ended long ago", { ended: 8, expired: -20 });
  await session("ended lately", { ended: 6, expired: -20 });
  await session("expired long ago", { expired: 8 });
  await session("in force", { expired: -20 });
  await purgeOld({ database, logger });
  const { rows } = await owner.query<{
    user_agent: string;
    tokens: bigint;
    challenges: bigint;
  }>(sql`
    select user_agent,
      (select count(*) from identity.refresh_token where session_id = session.session_id) as tokens,
      (select count(*) from identity.challenge where session_id = session.session_id) as challenges
    from identity.session
    where user_agent <> ''
    order by user_agent`);
  assert.deepEqual(rows, [
    { user_agent: "ended lately", tokens: 2n, challenges: 1n },
    { user_agent: "in force", tokens: 2n, challenges: 1n },
  ]);
  const { rows: left } = await owner.query<{ tokens: bigint }>(sql`
    select count(*) as tokens from identity.refresh_token`);
  assert.deepEqual(left, [{ tokens: 4n }]);
  await clear();
});

test("links are purged a week after their end, and failed attempts after a day", async () => {
  for (const days of [6, 8]) await link(days);
  for (const hours of [23, 25]) await throttle(hours);
  await purgeOld({ database, logger });
  const { rows } = await owner.query(sql`
    select (select count(*) from identity.link) as links,
      (select array_agg(subject) from identity.throttle) as throttled`);
  assert.deepEqual(rows, [{ links: 1n, throttled: ["23 hours"] }]);
});

test("many old rows are purged in parts, the oldest first", async () => {
  for (const days of [11, 10, 12, 14, 13]) await mail(days, "sent");
  assert.equal(await purgeOld({ database, logger }, 2), "more");
  assert.deepEqual(await kept(), ["10 sent", "11 sent", "12 sent"]);
  assert.equal(await purgeOld({ database, logger }, 2), "more");
  assert.equal(await purgeOld({ database, logger }, 2), "idle");
  assert.deepEqual(await kept(), []);
});

test("the notifier may delete keys, codes and links by their age, and cannot read them", async () => {
  for (const column of [
    sql`select key from ledger.idempotency_key`,
    sql`select answer from ledger.idempotency_key`,
    sql`select code_hash from identity.challenge`,
    sql`select token_hash from identity.verification`,
    sql`select token_hash from identity.refresh_token`,
    sql`select session_id from identity.session`,
  ])
    await assert.rejects(database.query(column), /permission denied/);
});
