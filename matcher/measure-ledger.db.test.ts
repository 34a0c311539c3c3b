import assert from "node:assert/strict";
import { test } from "node:test";
import { createMetrics } from "../layers/platform/metrics.ts";
import { sql } from "../layers/store/pg/database.ts";
import { createTestClient } from "../layers/testing/clients.ts";
import { testDatabase } from "../layers/testing/database.ts";
import { testLogger } from "../layers/testing/logger.ts";
import { usd } from "../layers/testing/terms.ts";
import { measureLedger } from "./measure-ledger.ts";

const database = await testDatabase();
const metrics = createMetrics();
const logger = testLogger();
const client = await createTestClient(database, { cash: usd("1000") });

const measured = async () => {
  await measureLedger({ database, metrics, logger });
  const [imbalance, drift] = await Promise.all([
    metrics.ledgerImbalance.get(),
    metrics.holdDrift.get(),
  ]);
  return [imbalance.values[0]?.value, drift.values[0]?.value];
};

/** Changes a balance with no journal entry and no order. */
const change = (available: bigint, held: bigint) =>
  database.query(sql`
    update ledger.balance set available = available + ${available}, held = held + ${held}
    where client_id = ${client} and asset = 'USD'`);

test("a wrong balance and a wrong hold are in the metrics and the log until they are corrected", async () => {
  assert.deepEqual(await measured(), [0, 0]);
  assert.deepEqual(logger.lines, []);
  await change(1n, 0n);
  assert.deepEqual(await measured(), [1, 0], "cash that no journal entry brought");
  await change(-1n, 1n);
  assert.deepEqual(await measured(), [1, 1], "a hold that no order needs");
  assert.deepEqual(
    logger.lines.map(({ level, event }) => [level, event]),
    [
      ["error", "the ledger does not balance"],
      ["error", "the ledger does not balance"],
    ],
  );
  await change(0n, -1n);
  assert.deepEqual(await measured(), [0, 0]);
});
