import assert from "node:assert/strict";
import { test } from "node:test";
import { money } from "../../domain/units.ts";
import { createInstrument, createTestClient } from "../../testing/clients.ts";
import { testDatabase } from "../../testing/database.ts";
import { sql } from "../pg/database.ts";
import { balancesBefore, ROWS_A_PAGE, readEntries, storedBalances } from "./journal.ts";

const database = await testDatabase();
await createInstrument(database, "AAPL");
const ALWAYS = { from: new Date(0), to: new Date("2100-01-01T00:00:00Z") };
const LONG = 2 * ROWS_A_PAGE + 7;

/** Deposits of a client at one microsecond each, in one statement. */
const depositMany = (clientId: string, count: number) =>
  database.transaction(async (tx) => {
    await tx.query(sql`
      insert into ledger.journal (
        kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket,
        created_at)
      select 'deposit', n::text, 'USD', 10000, account_id, 'house', ${clientId}, 'available',
        timestamptz '2026-11-01' + (n / 2) * interval '1 microsecond'
      from ledger.house_account, generate_series(1, ${count}) as n
      where name = 'bank'`);
    await tx.query(sql`
      update ledger.balance set available = available + ${count} * 10000::bigint
      where client_id = ${clientId} and asset = 'USD'`);
  });

test("pages of entries that share an instant are neither skipped nor repeated", async () => {
  const client = await createTestClient(database, { cash: money(50_000n), shares: { AAPL: 3 } });
  await depositMany(client, LONG);
  const period = { from: new Date("2026-11-01T00:00:00Z"), to: new Date("2026-11-02T00:00:00Z") };
  const pages = await database.transaction((tx) =>
    Array.fromAsync(readEntries(tx, client, period)),
  );
  assert.deepEqual(
    pages.map(({ length }) => length),
    [ROWS_A_PAGE, ROWS_A_PAGE, LONG - 2 * ROWS_A_PAGE],
  );
  const ids = pages.flat().map(({ journalId }) => journalId);
  assert.equal(new Set(ids).size, LONG);
  assert.deepEqual(
    ids,
    [...ids].sort((left, right) => (left < right ? -1 : 1)),
  );
});

test("the sum of all entries is what is stored, and granted shares have their cost", async () => {
  const client = await createTestClient(database, { cash: money(50_000n), shares: { AAPL: 3 } });
  assert.deepEqual(
    await balancesBefore(database, client, ALWAYS.to),
    await storedBalances(database, client),
  );
  assert.equal((await balancesBefore(database, client, ALWAYS.from)).size, 0);
  const [entries = []] = await database.transaction((tx) =>
    Array.fromAsync(readEntries(tx, client, ALWAYS)),
  );
  const grant = entries.find(({ asset }) => asset === "AAPL");
  assert.equal(grant?.kind, "grant");
  assert.ok(grant.cost !== undefined);
});
