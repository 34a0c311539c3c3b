import assert from "node:assert/strict";
import { test } from "node:test";
import { money, shares } from "../../domain/units.ts";
import { createInstrument, createTestClient } from "../../testing/clients.ts";
import { testDatabase } from "../../testing/database.ts";
import { sql } from "../pg/database.ts";
import { fundShares } from "./fund.ts";

const database = await testDatabase();

test("cash above the largest deposit arrives as several deposits, exact to the cent", async () => {
  const client = await createTestClient(database, { cash: money(25_000_000_100n) });
  const balance = await database.query(sql`
    select asset, available, held, cost from ledger.balance where client_id = ${client}`);
  assert.deepEqual(balance.rows, [
    { asset: "USD", available: 25_000_000_100n, held: 0n, cost: 0n },
  ]);
  const deposits = await database.query<{ amount: bigint }>(sql`
    select amount from ledger.deposit where client_id = ${client} order by created_at`);
  assert.deepEqual(
    deposits.rows.map(({ amount }) => amount),
    [10_000_000_000n, 10_000_000_000n, 5_000_000_100n],
  );
});

test("granted shares carry their assumed cost", async () => {
  await createInstrument(database, "ACME");
  const client = await createTestClient(database, { shares: { ACME: 30 } });
  const price = money(1_300_000n);
  await fundShares(database, client, { symbol: "ACME", quantity: shares(10), price });
  const balance = await database.query(sql`
    select available, cost from ledger.balance
    where client_id = ${client} and asset = 'ACME'`);
  assert.deepEqual(balance.rows, [{ available: 40n, cost: 43_000_000n }]);
});

test("listing an instrument a second time changes neither it nor its book", async () => {
  await createInstrument(database, "TWICE");
  await createInstrument(database, "TWICE", { name: "another name" });
  const found = await database.query(sql`
    select name, halted from market.instrument join trading.book using (symbol)
    where symbol = 'TWICE'`);
  assert.deepEqual(found.rows, [{ name: "TWICE", halted: false }]);
});
