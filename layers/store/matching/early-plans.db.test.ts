import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ticker } from "../../domain/identifiers.ts";
import { money } from "../../domain/units.ts";
import { newUuid } from "../../platform/ids.ts";
import { createInstrument, createTestClient } from "../../testing/clients.ts";
import { testDatabase } from "../../testing/database.ts";
import { newOrder } from "../../testing/new-order.ts";
import { rowsRead } from "../../testing/rows-read.ts";
import { numberActivities } from "../notifications/activities.ts";
import { noteSettledOrders } from "../notifications/notices.ts";
import { acceptOrders } from "../orders/accept-orders.ts";
import {
  expireDatedOrders,
  expireDayOrders,
  purgeExpiryRequests,
} from "../orders/scheduled-orders.ts";
import { type Executor, type Sql, sql } from "../pg/database.ts";
import { sequenceCommands } from "./command-outbox.ts";
import { takeShards } from "./shards.ts";

// A statement is planned once, and early: when a table is new, or a queue is empty, as it is most
// of the time. Reading an empty table costs nothing, so the plan may read the whole table for each
// row. With many rows such a plan takes a minute instead of half a second.

const database = await testDatabase();
await createInstrument(database, "AAPL");
const leases = await takeShards(database, {
  ...{ holder: "test", superseded: undefined, shards: [0, 1, 2, 3], seconds: 60 },
});

const BACKLOG = 4_000;

type Queue = {
  readonly table: string;
  readonly clean: Sql;
  readonly fill: Sql;
  /** Takes the oldest rows, up to a limit. */
  readonly take: (tx: Executor) => Promise<unknown>;
  readonly atOnce: number;
};

const queues: readonly Queue[] = [
  {
    table: "outbox",
    clean: sql`vacuum (analyze) trading.outbox`,
    fill: sql`
      insert into trading.outbox (symbol, command)
      select 'AAPL', '{}' from generate_series(1, ${BACKLOG})`,
    take: (tx) => sequenceCommands(tx, leases),
    atOnce: 500,
  },
  {
    table: "activity_outbox",
    clean: sql`vacuum (analyze) trading.activity_outbox`,
    fill: sql`
      insert into trading.activity_outbox (balances)
      select array[row(${newUuid()}, 'USD', n, 0)::trading.recorded_balance]
      from generate_series(1, ${BACKLOG}) as n`,
    take: numberActivities,
    atOnce: 500,
  },
  {
    table: "notice_outbox",
    clean: sql`vacuum (analyze) trading.notice_outbox`,
    fill: sql`
      insert into trading.notice_outbox (order_ids, client_ids, due_at)
      select array[${newUuid()}::uuid], array[${newUuid()}::uuid], now()
      from generate_series(1, ${BACKLOG})`,
    take: (tx) => noteSettledOrders({ ...tx, inTransaction: true }),
    atOnce: 200,
  },
];

for (const queue of queues)
  test(`taking rows from a long ${queue.table} reads only those rows`, async (t) => {
    await database.query(queue.clean);
    const count = await database.transaction(async (tx) => {
      await queue.take(tx);
      await tx.query(queue.fill);
      return rowsRead(tx, queue.table, () => queue.take(tx));
    });
    t.diagnostic(`${count} of ${BACKLOG} rows read to take ${queue.atOnce}`);
    assert.ok(count >= queue.atOnce, "nothing was taken");
    assert.ok(count <= 3 * queue.atOnce, `${count} rows were read`);
  });

const busy = await createTestClient(database, { cash: money(10_000_000_000n) });
const placeMany = (db: Executor, count: number) =>
  acceptOrders(
    db,
    Array.from({ length: count }, () => newOrder({ client: busy, direction: "buy", quantity: 1 })),
  );
const BATCHES = 10;
const AT_ONCE = 32;

test("a client_order_id is looked up by key, however many orders the client has had", async (t) => {
  const counts: number[] = [];
  for (let batch = 0; batch < BATCHES; batch += 1)
    await database.transaction(async (tx) => {
      await tx.query(sql`discard plans`);
      counts.push(await rowsRead(tx, "order", () => placeMany(tx, AT_ONCE)));
    });
  t.diagnostic(`${counts.join(", ")} rows read, ${AT_ONCE} orders at a time`);
  assert.ok(Math.max(...counts) <= 2 * AT_ONCE);
});

test("looking for orders to expire reads open orders only", async (t) => {
  const now = new Date();
  const count = await database.transaction(async (tx) => {
    await tx.query(sql`discard plans`);
    return rowsRead(tx, "order", async () => {
      await expireDatedOrders(tx, now);
      await expireDayOrders(tx, "AAPL" as Ticker, now);
      await purgeExpiryRequests(tx);
    });
  });
  t.diagnostic(`${count} rows read, of ${BATCHES * AT_ONCE}`);
  assert.equal(count, 0);
});
