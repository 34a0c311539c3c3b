import assert from "node:assert/strict";
import { after, test } from "node:test";
import { closeMonth } from "../../functions/close-month/close-month.ts";
import { reportStatement } from "../../functions/report-statement/report-statement.ts";
import { monthBefore } from "../../layers/domain/reports/month-end.ts";
import { money } from "../../layers/domain/units.ts";
import { createSeal } from "../../layers/platform/credentials/seal.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { openDatabase, sql } from "../../layers/store/pg/database.ts";
import { createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import {
  asRole,
  authorizationOf,
  invoke,
  TEST_MAIL_SECRET,
  useEnvironment,
} from "../../layers/testing/http.ts";
import { testLogger } from "../../layers/testing/logger.ts";
import { depositInThePast } from "../../layers/testing/past-deposits.ts";
import { loadRoutes } from "../support/routes.ts";

const database = await testDatabase();
useEnvironment(database.url);
const routes = await loadRoutes();

test("the statement of a closed month can be requested again and has the stored hash", async () => {
  const now = new Date();
  const { from, to } = monthBefore(now);
  const client = await createTestClient(database);
  await database.query(sql`
    update identity.client set verified_at = ${from}::date where client_id = ${client}`);
  await depositInThePast(database, client, [{ at: `${to}T12:00:00Z`, amount: money(70_000n) }]);
  const notifier = openDatabase({
    url: asRole(database.url, "brokerx_notifier"),
    ...{ poolSize: 2, applicationName: "test notifier" },
  });
  after(() => notifier.end());
  const seal = createSeal(TEST_MAIL_SECRET);
  const made = await closeMonth({
    ...{ database: notifier, clock: () => now, newId: newUuid, seal, logger: testLogger() },
    statementOf: reportStatement,
  });
  assert.equal(made, 1);

  const { rows } = await database.query<{ readonly sha256: Buffer }>(sql`
    select sha256 from ledger.month_end where client_id = ${client} and month = ${from}::date`);
  const reply = await invoke(routes["reportStatement"]?.handler ?? assert.fail("no route"), {
    ...{ method: "GET", path: "/api/v1/reports/statement" },
    query: new URLSearchParams({ from, to }).toString(),
    headers: { authorization: await authorizationOf(client) },
  });
  assert.equal(reply.json()["final"], true);
  assert.equal(reply.headers["repr-digest"], `sha-256=:${rows[0]?.sha256.toString("base64")}:`);
});
