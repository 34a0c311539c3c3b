import assert from "node:assert/strict";
import { test } from "node:test";
import { verifyReports } from "../../infra/reporting/verify/verify-reports.ts";
import { systemClock } from "../../layers/platform/clock.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { adjustBalance } from "../../layers/store/ledger/adjustments.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { order, usd } from "../../layers/testing/terms.ts";
import { exchange } from "../support/exchange.ts";

// The average cost of shares depends on the order of grants, takes and trades. The journal must date
// them in the order in which the balances changed, also when all of them happen at the same time.

const database = await testDatabase();
await createInstrument(database, "AAPL");
const market = await exchange(database);

test("adjustments at the same time, and beside trades, leave reports and portfolio equal", async (t) => {
  await market.start();
  t.after(() => market.stop());
  const client = await createTestClient(database, { cash: usd("100000"), shares: { AAPL: 1_000 } });
  const seller = await createTestClient(database, { cash: usd("5000"), shares: { AAPL: 1_000 } });
  const adjust = (direction: "grant" | "take", cost: bigint) =>
    database.transaction((tx) =>
      adjustBalance(tx, {
        ...{ adjustmentId: newUuid(), clientId: client, asset: "AAPL", amount: 100n },
        ...{ direction, cost },
      }),
    );
  let adjusting = true;
  let adjustments = 0;
  const operator = async (number: number): Promise<void> => {
    for (; adjusting; adjustments += 2) {
      assert.ok(await adjust("take", 0n));
      assert.ok(await adjust("grant", 777_777n + BigInt(number)));
    }
  };
  const operators = [1, 2, 3, 4].map(operator);
  for (let round = 0; round < 8; round += 1) {
    await market.matched(await market.place(seller, order("sell", 10, "100.00")));
    await market.over(await market.place(client, order("buy", 10, "100.00")));
  }
  adjusting = false;
  await Promise.all(operators);
  t.diagnostic(`${adjustments} adjustments beside eight trades`);
  const { differences } = await verifyReports(database, systemClock);
  assert.deepEqual(differences, []);
});
