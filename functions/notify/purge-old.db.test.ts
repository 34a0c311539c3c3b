import assert from "node:assert/strict";
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
  ])
    await assert.rejects(database.query(column), /permission denied/);
});
