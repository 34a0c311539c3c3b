import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, test } from "node:test";
import type { ClientId } from "../../layers/domain/identifiers.ts";
import type { Day } from "../../layers/domain/identity/client.ts";
import { money } from "../../layers/domain/units.ts";
import { requestOf } from "../../layers/http/reports/report-answer.ts";
import { createSeal } from "../../layers/platform/credentials/seal.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import type { Report } from "../../layers/representation/reports/document.ts";
import { writeJson } from "../../layers/representation/reports/json.ts";
import { openDatabase, sql, type Transaction } from "../../layers/store/pg/database.ts";
import { balancesBefore, readEntries } from "../../layers/store/reports/journal.ts";
import { createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { asRole, TEST_MAIL_SECRET } from "../../layers/testing/http.ts";
import { testLogger } from "../../layers/testing/logger.ts";
import { depositInThePast } from "../../layers/testing/past-deposits.ts";
import { closeMonth } from "./close-month.ts";

// Runs the job with a minimal statement, because use cases do not import each other.
// test/reports/month-end.test.ts runs it with the real statement.

const database = await testDatabase();
const notifier = openDatabase({
  url: asRole(database.url, "brokerx_notifier"),
  ...{ poolSize: 4, applicationName: "test notifier" },
});
after(() => notifier.end());
const logger = testLogger();
const seal = createSeal(TEST_MAIL_SECRET);
const DECEMBER = new Date("2026-12-03T00:00:00Z");

const shortStatement = async (
  tx: Transaction,
  { clientId, days, period, isFinal }: ReturnType<typeof requestOf>,
): Promise<Report> => {
  const pages = await Array.fromAsync(readEntries(tx, clientId, period));
  const balances = [...(await balancesBefore(tx, clientId, period.to))].map(String);
  return {
    ...{ name: "statement", title: "Statement", subtitle: [], fileDays: days.from, isFinal },
    ...{ endsAt: period.to, head: { balances, entries: pages.flat().length }, tables: [] },
  };
};

const close = (now: Date, statementOf = shortStatement) =>
  closeMonth({
    ...{ database: notifier, clock: () => now, newId: newUuid, seal, logger, statementOf },
  });

const clientOf = async (verifiedAt: string, wantsMail = true): Promise<ClientId> => {
  const client = await createTestClient(database);
  await database.query(sql`
    update identity.client set verified_at = ${verifiedAt}, wants_mail = ${wantsMail}
    where client_id = ${client}`);
  return client;
};

const mailsTo = async (client: ClientId): Promise<readonly string[]> => {
  const { rows } = await database.query<{ mail_id: string; sealed_body: Buffer }>(sql`
    select mail_id, sealed_body from identity.mail
    where purpose = 'statement' and recipient = ${`${client}@test.example`}`);
  return rows.map((row) => seal.open(row.sealed_body, row.mail_id));
};

const hashOf = async (client: ClientId): Promise<string | undefined> => {
  const { rows } = await database.query<{ sha256: Buffer }>(sql`
    select sha256 from ledger.month_end where client_id = ${client} and month = '2026-11-01'`);
  return rows[0]?.sha256.toString("hex");
};

test("every client's month is closed and mailed once, by any number of processes", async () => {
  const early = await clientOf("2026-10-05T00:00:00Z");
  const silent = await clientOf("2026-11-30T23:00:00Z", false);
  const late = await clientOf("2026-12-01T00:00:00Z");
  await depositInThePast(database, early, [{ at: "2026-11-09T00:00:00Z", amount: money(10_000n) }]);
  const made = await Promise.all([close(DECEMBER), close(DECEMBER), close(DECEMBER)]);
  assert.equal(
    made.reduce((sum, count) => sum + count, 0),
    2,
  );
  assert.equal(await close(new Date("2026-12-30T00:00:00Z")), 0);

  const days = { from: "2026-11-01" as Day, to: "2026-11-30" as Day, timeZone: "UTC" };
  const document = await database.transaction(async (tx) => {
    const report = await shortStatement(tx, requestOf(early, days, DECEMBER));
    return (await Array.fromAsync(writeJson(report))).join("");
  });
  const sha256 = createHash("sha256").update(document).digest("hex");
  assert.equal(await hashOf(early), sha256);
  assert.ok((await hashOf(silent)) !== undefined);
  assert.equal(await hashOf(late), undefined);
  assert.match((await mailsTo(early))[0] ?? "", new RegExp(`as JSON: ${sha256}\n`));
  assert.deepEqual([(await mailsTo(early)).length, await mailsTo(silent)], [1, []]);
});

test("no statement is made while transactions of the month may still commit", async () => {
  const client = await clientOf("2027-01-05T00:00:00Z");
  assert.equal(await close(new Date("2027-02-01T00:00:30Z")), 0);
  assert.ok((await close(new Date("2027-02-01T00:01:00Z"))) > 0);
  assert.equal((await mailsTo(client)).length, 1);
});

test("a statement that fails is logged, does not stop the others, and is tried again", async () => {
  const [broken, fine] = [
    await clientOf("2027-05-01T00:00:00Z"),
    await clientOf("2027-05-01T00:00:00Z"),
  ];
  const june = new Date("2027-06-05T00:00:00Z");
  await close(june, (tx, request) => {
    if (request.clientId === broken) throw new Error("the books do not balance");
    return shortStatement(tx, request);
  });
  assert.deepEqual([(await mailsTo(broken)).length, (await mailsTo(fine)).length], [0, 1]);
  assert.match(JSON.stringify(logger.lines), /the statement of a month could not be made/);
  assert.equal(await close(june), 1);
  assert.deepEqual([(await mailsTo(broken)).length, (await mailsTo(fine)).length], [1, 1]);
});
