import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, afterEach } from "node:test";
import { type Database, openDatabase, sql } from "../store/pg/database.ts";
import { execute } from "./server.ts";

export const TEMPLATE_DATABASE = "brokerx_template";

export type TestDatabase = Database & { readonly url: string };

/** Makes a database of the test file's own, cloned from the migrated template. */
const cloneDatabase = async (
  poolSize: number,
): Promise<TestDatabase & { drop: () => Promise<void> }> => {
  const server = process.env["BROKERX_TEST_SERVER"];
  if (server === undefined)
    throw new Error("This test needs PostgreSQL. Run it with: npm test -- <file>");
  const name = `test_${randomBytes(6).toString("hex")}`;
  await execute(server, `create database ${name} template ${TEMPLATE_DATABASE}`);
  const url = server.replace(/\/postgres$/, `/${name}`);
  const database = openDatabase({ url, poolSize, applicationName: "test" });
  const drop = () => execute(server, `drop database ${name} with (force)`);
  return { ...database, url, drop };
};

/** Asserts what must hold after anything: every balance is its journal, every hold has its order. */
export const assertLedger = async (database: Database): Promise<void> => {
  const imbalance = await database.query(sql`select * from ledger.imbalance`);
  assert.deepEqual(imbalance.rows, [], "a balance differs from the fold of its journal");
  const drift = await database.query(sql`select * from trading.hold_drift`);
  assert.deepEqual(drift.rows, [], "a held amount differs from what open orders need");
  const faults = await database.query(sql`select * from trading.hold_fault`);
  assert.deepEqual(faults.rows, [], "an order holds other than its terms, or its replace, need");
  const sums = await database.query<{ asset: string; total: bigint }>(sql`
    select asset, sum(amount)::bigint as total from ledger.posting group by asset`);
  for (const { asset, total } of sums.rows)
    assert.equal(total, 0n, `the postings of ${asset} do not sum to zero`);
  const open = await database.query(sql`
    select order_id from (select order_id from trading."order" where not closed) as unfinished
    full join trading.open_order using (order_id)
    group by order_id
    having count(*) <> 1 or bool_or(unfinished is null) or bool_or(open_order is null)`);
  assert.deepEqual(open.rows, [], "an order is open and stands nowhere, or the other way round");
};

/** A database for this test file. The ledger is checked after every test, the database dropped last. */
export const testDatabase = async (poolSize = 20): Promise<TestDatabase> => {
  const database = await cloneDatabase(poolSize);
  afterEach(() => assertLedger(database));
  after(async () => {
    await database.end();
    await database.drop();
  });
  return database;
};
