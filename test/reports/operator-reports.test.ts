import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientId } from "../../layers/domain/identifiers.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import {
  asRole,
  authorizationOf,
  invoke,
  type Reply,
  useEnvironment,
} from "../../layers/testing/http.ts";
import { loadRoutes } from "../support/routes.ts";

// Reports of other clients for operators, with the privileges of the reporting service.

const database = await testDatabase();
useEnvironment(asRole(database.url, "brokerx_reports"));
const routes = await loadRoutes();
const REPORTS = ["reportStatement", "reportTrades", "reportPnl", "reportEquity"];
const client = await createTestClient(database);

/** A report that an operator asks for with a token from before any change of its roles. */
const read = async (operation: string, operator: ClientId, subject: ClientId): Promise<Reply> => {
  const route = routes[operation];
  assert.ok(route !== undefined, operation);
  const { method, path } = route.contract;
  return invoke(route.handler, {
    ...{ method, path, query: `from=2026-11-01&to=2026-11-28&client_id=${subject}` },
    headers: { authorization: await authorizationOf(operator, ["admin"]) },
  });
};

const auditRows = async (operator: ClientId): Promise<number> => {
  const { rows } = await database.query(sql`
    select from trading.audit where action = 'report_read' and client_id = ${operator}`);
  return rows.length;
};

test("an operator who has lost the role reads no other client's report with an earlier token", async () => {
  const operator = await createTestClient(database, { roles: ["admin"] });
  for (const operation of REPORTS)
    assert.equal((await read(operation, operator, client)).status, 200, operation);
  assert.equal(await auditRows(operator), REPORTS.length);
  await database.query(sql`
    update identity.client set roles = array_remove(roles, 'admin') where client_id = ${operator}`);
  for (const operation of REPORTS) {
    const refused = await read(operation, operator, client);
    assert.deepEqual([refused.status, refused.json()["code"]], [403, "forbidden"], operation);
    assert.equal((await read(operation, operator, operator)).status, 200, "its own report");
  }
  assert.equal(await auditRows(operator), REPORTS.length, "nothing more was read");
});

test("an operator who has just been suspended reads no other client's report", async () => {
  const operator = await createTestClient(database, { roles: ["admin"] });
  assert.equal((await read("reportStatement", operator, client)).status, 200);
  await database.query(sql`
    update identity.client set status = 'suspended' where client_id = ${operator}`);
  for (const operation of REPORTS) {
    const { status } = await read(operation, operator, client);
    assert.ok(status === 401 || status === 403, `${operation}: ${status}`);
  }
  assert.equal(await auditRows(operator), 1);
});
