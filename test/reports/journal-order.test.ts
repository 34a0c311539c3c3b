import assert from "node:assert/strict";
import { test } from "node:test";
import { verifyReports } from "../../infra/reporting/verify/verify-reports.ts";
import { systemClock } from "../../layers/platform/clock.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { adjustBalance } from "../../layers/store/ledger/adjustments.ts";
import { creditDeposit } from "../../layers/store/ledger/deposits.ts";
import { requestWithdrawal } from "../../layers/store/ledger/withdrawals.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { order, usd } from "../../layers/testing/terms.ts";
import { exchange } from "../support/exchange.ts";

// The journal must date its rows in the order in which a balance changed, also when many changes happen
// at the same time: the average cost of shares depends on it, and a running balance is never negative.

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

/** Sends deposits and withdrawals of 50.00 at the same time, from nothing; returns what became of them. */
const transferAtOnce = async (): Promise<readonly string[]> => {
  const clientId = await createTestClient(database, {});
  const transfer = () => ({
    ...{ clientId, amount: usd("50.00"), currency: "USD", key: newUuid(), correlationId: "test" },
    ...{ fingerprint: Buffer.alloc(32), answer: "{}", createdAt: new Date() },
  });
  const deposit = () => creditDeposit(database, { ...transfer(), depositId: newUuid() });
  const withdraw = () =>
    database.transaction((tx) =>
      requestWithdrawal(tx, {
        ...{ ...transfer(), withdrawalId: newUuid(), status: "pending", reason: undefined },
        updatedAt: new Date(),
      }),
    );
  const outcomes: string[] = [];
  for (let round = 0; round < 6; round += 1)
    outcomes.push(...(await Promise.all([withdraw(), deposit(), withdraw(), deposit()])));
  return outcomes;
};

test("deposits and withdrawals at the same time never show a negative balance", async (t) => {
  const outcomes: string[] = [];
  for (let client = 0; client < 10; client += 1) outcomes.push(...(await transferAtOnce()));
  const begun = outcomes.filter((outcome) => outcome === "begun").length;
  t.diagnostic(`${begun} withdrawals of ${outcomes.length} transfers`);
  assert.ok(begun > 30, "withdrawals met deposits");
  const { rows } = await database.query<{ lowest: bigint }>(sql`
    select min(running)::bigint as lowest
    from (
      select sum(amount) over (partition by account_id, asset order by created_at, journal_id) as running
      from ledger.posting
      where bucket <> 'house'
    ) as entry`);
  assert.ok((rows[0]?.lowest ?? -1n) >= 0n, `a balance of ${rows[0]?.lowest}`);
});
