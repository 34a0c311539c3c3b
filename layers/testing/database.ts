import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, afterEach } from "node:test";
import { numberActivities } from "../store/notifications/activities.ts";
import { type Database, type Executor, openDatabase, sql } from "../store/pg/database.ts";
import { inSnapshot } from "../store/reports/snapshot.ts";
import { closeToClients, execute, testServer } from "./server.ts";
import { until } from "./until.ts";

export const TEMPLATE_DATABASE = "brokerx_template";
const CONNECT_SECONDS = 20;

export type TestDatabase = Database & { readonly url: string };

/** The URL of a test database with the wait for a connection that services have. */
export const withDefaultWait = (url: string): string => {
  const target = new URL(url);
  target.searchParams.delete("connect_timeout");
  return target.href;
};

/** Creates a database for the test file, cloned from the migrated template. */
const cloneDatabase = async (
  poolSize: number,
): Promise<TestDatabase & { drop: () => Promise<void> }> => {
  const server = testServer();
  const name = `test_${randomBytes(6).toString("hex")}`;
  await execute(server, `create database ${name} template ${TEMPLATE_DATABASE}`);
  // A slow connection on a busy machine is no outage.
  const url = server.replace(/\/postgres$/, `/${name}?connect_timeout=${CONNECT_SECONDS}`);
  const database = openDatabase({ url, poolSize, applicationName: "test" });
  // Closes the connections of handlers too: they would keep the process of the test file alive. Not
  // `drop … with (force)`, which fails while an autovacuum worker is busy in the database.
  const drop = async () => {
    await closeToClients(server, name);
    await execute(server, `drop database ${name}`);
  };
  return { ...database, url, drop };
};

/**
 * Asserts what must always hold: every balance equals its journal, and every hold equals its
 * order's need.
 */
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

const assertActivities = async (database: Executor): Promise<void> => {
  const orders = await database.query(sql`
    with told as (
      select (order_state).order_id, count(distinct (order_state).lock_version) as versions,
        (array_agg(order_state order by event_id desc))[1] as last
      from trading.activity_event
      where type = 'order'
      group by (order_state).order_id
    )
    select placed.order_id, placed.status, placed.lock_version, versions
    from trading."order" as placed
    left join told using (order_id)
    where versions is distinct from placed.lock_version + 1
      or trading.recorded(placed) is distinct from last`);
  assert.deepEqual(orders.rows, [], "a change of an order has no activity");
  const balances = await database.query(sql`
    with told as (
      select distinct on (client_id, (balance).asset) (balance).*
      from trading.activity_event
      where type = 'balance'
      order by client_id, (balance).asset, event_id desc
    )
    select client_id, asset, owned.available, owned.held, told.available as told_available
    from ledger.balance as owned
    left join told using (client_id, asset)
    where (owned.available, owned.held)
      is distinct from (coalesce(told.available, 0), coalesce(told.held, 0))`);
  assert.deepEqual(balances.rows, [], "a change of a balance has no activity");
  const withdrawals = await database.query(sql`
    with told as (
      select (withdrawal).withdrawal_id, array_agg((withdrawal).status order by event_id) as statuses,
        (array_agg(withdrawal order by event_id desc))[1] as last
      from trading.activity_event
      where type = 'withdrawal'
      group by (withdrawal).withdrawal_id
    )
    select made.withdrawal_id, status, statuses
    from ledger.withdrawal as made
    left join told using (withdrawal_id)
    where statuses is distinct from array_remove(array['pending', nullif(status, 'pending')], null)
      or trading.recorded(made) is distinct from last`);
  assert.deepEqual(withdrawals.rows, [], "a withdrawal has a status without exactly one activity");
};

/**
 * Asserts that clients received every change: every version of every order and every status of
 * every withdrawal is an activity, once, and the last activities have the current state of orders
 * and balances. A matcher may still be working: all is read in one snapshot in which every change has
 * its number.
 */
export const assertRecorded = (database: Database): Promise<void> =>
  until(async () => {
    while ((await numberActivities(database)) > 0);
    return inSnapshot(database, async (tx) => {
      const { rows } = await tx.query(sql`select from trading.activity_outbox limit 1`);
      if (rows.length > 0) return false;
      await assertActivities(tx);
      return true;
    });
  }, "a moment in which every change has its number");

/** The database of this test file. After every test the ledger and the activities are checked. */
export const testDatabase = async (poolSize = 20): Promise<TestDatabase> => {
  const database = await cloneDatabase(poolSize);
  afterEach(async () => {
    await assertLedger(database);
    await assertRecorded(database);
  });
  after(async () => {
    await database.end();
    await database.drop();
  });
  return database;
};
