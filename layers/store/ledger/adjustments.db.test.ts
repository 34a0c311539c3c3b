import assert from "node:assert/strict";
import { test } from "node:test";
import { Holding } from "../../domain/reports/lots.ts";
import { newUuid } from "../../platform/ids.ts";
import { createInstrument, createTestClient } from "../../testing/clients.ts";
import { testDatabase } from "../../testing/database.ts";
import { sql } from "../pg/database.ts";
import { readHoldingEvents } from "../reports/fills.ts";
import { adjustBalance } from "./adjustments.ts";

const database = await testDatabase();
await createInstrument(database, "AAPL");

test("granted and taken shares have the same cost in the balance and in the journal", async () => {
  const client = await createTestClient(database, { shares: {} });
  const adjust = (direction: "grant" | "take", amount: bigint, cost = 0n) =>
    database.transaction((tx) =>
      adjustBalance(tx, {
        ...{ adjustmentId: newUuid(), clientId: client, asset: "AAPL", amount, direction, cost },
      }),
    );
  assert.equal(await adjust("grant", 3n, 1_000_001n), true);
  assert.equal(await adjust("take", 1n), true);
  assert.equal(await adjust("take", 5n), false, "more than there is");
  const holding = new Holding();
  await database.transaction(async (tx) => {
    const subject = { clientId: client, currency: "USD" };
    for await (const page of readHoldingEvents(tx, subject, new Date("2100-01-01T00:00:00Z")))
      for (const event of page) holding.apply(event);
  });
  const { rows } = await database.query<{ readonly cost: bigint }>(sql`
    select cost from ledger.balance where client_id = ${client} and asset = 'AAPL'`);
  assert.deepEqual([rows[0]?.cost, holding.position.cost], [666_668n, 666_668n]);
});
