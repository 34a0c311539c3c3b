import assert from "node:assert/strict";
import { after, test } from "node:test";
import { cancelWithdrawal } from "../../functions/cancel-withdrawal/cancel-withdrawal.ts";
import { settleWithdrawals } from "../../functions/settle-withdrawals/settle-withdrawals.ts";
import { withdraw } from "../../functions/withdraw/withdraw.ts";
import { createSeal } from "../../layers/platform/credentials/seal.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import type { PaymentProvider } from "../../layers/platform/payments.ts";
import { createReferenceData } from "../../layers/store/market/reference-data.ts";
import { openDatabase, sql } from "../../layers/store/pg/database.ts";
import { createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { asRole, TEST_MAIL_SECRET } from "../../layers/testing/http.ts";
import { testLogger } from "../../layers/testing/logger.ts";
import { balanceOf, usd } from "../../layers/testing/terms.ts";
import { dyingAt } from "../support/dying.ts";

// The service that requests and cancels withdrawals dies at each of its statements.

const database = await testDatabase();
const open = (role: string) =>
  openDatabase({ url: asRole(database.url, role), poolSize: 2, applicationName: "test" });
const service = open("brokerx_orders");
const scheduler = open("brokerx_scheduler");
after(() => Promise.all([service.end(), scheduler.end()]));

const payments: PaymentProvider = {
  pay: async () => ({ state: "pending" }),
  cancel: async () => true,
};
const deps = {
  ...{ reference: createReferenceData(database), clock: () => new Date(), newId: newUuid },
  ...{ seal: createSeal(TEST_MAIL_SECRET), logger: testLogger(), payments },
};
const ROUNDS = 12;

test("a request or a cancel that dies at any statement has its whole effect or none", async () => {
  const client = await createTestClient(database, { cash: usd("100") });
  let deaths = 0;
  const died = () => {
    deaths += 1;
  };
  for (let n = 0; n < ROUNDS; n += 1) {
    const request = {
      ...{ clientId: client, key: `dying ${n}`, amount: usd("1"), currency: "USD" },
      correlationId: "test",
    };
    await withdraw({ ...deps, database: dyingAt(service, n) }, request).catch(died);
    const repeated = await withdraw({ ...deps, database: service }, request);
    assert.ok(repeated.ok, "the repeated request finds all of the first one, or nothing");
    const { withdrawal_id: withdrawalId } = JSON.parse(repeated.value.answer);
    const cancelled = { clientId: client, withdrawalId, correlationId: "test" };
    await cancelWithdrawal({ ...deps, database: dyingAt(service, n) }, cancelled).catch(died);
    // The worker ends a cancel whose service died after it was stored.
    await database.query(sql`update ledger.withdrawal set next_attempt_at = now()`);
    await settleWithdrawals({ ...deps, database: scheduler });
    await cancelWithdrawal({ ...deps, database: service }, cancelled);
    const { rows } = await database.query<{ status: string }>(sql`
      select status from ledger.withdrawal where withdrawal_id = ${withdrawalId}`);
    assert.deepEqual(rows, [{ status: "cancelled" }], `statement ${n}`);
  }
  assert.ok(deaths >= 8, `it died only ${deaths} times`);
  assert.ok(deaths <= 2 * ROUNDS - 4, "in the last rounds it lived to the end");
  const { rows } = await database.query<{ requests: bigint }>(sql`
    select count(*) as requests from ledger.withdrawal where client_id = ${client}`);
  assert.deepEqual(rows, [{ requests: BigInt(ROUNDS) }], "no request became two");
  assert.deepEqual(await balanceOf(database, client, "USD"), { available: usd("100"), held: 0n });
});
