import assert from "node:assert/strict";
import { test } from "node:test";
import { money } from "../../domain/units.ts";
import { createInstrument, createTestClient } from "../../testing/clients.ts";
import { testDatabase } from "../../testing/database.ts";
import { depositInThePast } from "../../testing/past-deposits.ts";
import { balancesBefore, ROWS_A_PAGE, readEntries, storedBalances } from "./journal.ts";

const database = await testDatabase();
await createInstrument(database, "AAPL");
const ALWAYS = { from: new Date(0), to: new Date("2100-01-01T00:00:00Z") };
const LONG = 2 * ROWS_A_PAGE + 7;

/** Two deposits in each microsecond. */
const crowded = Array.from({ length: LONG }, (_, index) => ({
  at: `2026-11-01T00:00:00.${String(index >> 1).padStart(6, "0")}Z`,
  amount: money(10_000n),
}));

test("pages of entries with the same instant skip and repeat no entry", async () => {
  const client = await createTestClient(database, { cash: money(50_000n), shares: { AAPL: 3 } });
  await depositInThePast(database, client, crowded);
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

test("the sum of all entries equals the stored balance, and granted shares have their cost", async () => {
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
