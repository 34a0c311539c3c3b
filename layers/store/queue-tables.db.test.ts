import assert from "node:assert/strict";
import { test } from "node:test";
import { newUuid } from "../platform/ids.ts";
import { createInstrument } from "../testing/clients.ts";
import { testDatabase } from "../testing/database.ts";
import { numberActivities } from "./activities.ts";
import { type Executor, type Sql, sql } from "./database.ts";
import { noteSettledOrders } from "./notices.ts";
import { sequenceCommands } from "./outbox.ts";
import { takeShards } from "./shards.ts";

// A table that commands or changes pass through is empty most of the time, and that is when statements
// are planned: reading all of nothing costs nothing, so a plan may well read the whole table for what it
// takes. With much in the table such a plan takes a minute for what should take half a second.

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
  /** Takes the oldest rows, at most so many. */
  readonly take: (tx: Executor) => Promise<unknown>;
  readonly atOnce: number;
};

const read = async (tx: Executor, { table }: Queue): Promise<number> => {
  const { rows } = await tx.query<{ readonly read: bigint }>(sql`
    select seq_tup_read + idx_tup_fetch as read
    from pg_stat_xact_user_tables where relname = ${table}`);
  return Number(rows[0]?.read ?? 0n);
};

/** Plans while the table is empty, then fills it; answers how many rows are read to take the oldest. */
const readToTake = async (queue: Queue): Promise<number> => {
  await database.query(queue.clean);
  return database.transaction(async (tx) => {
    await queue.take(tx);
    await tx.query(queue.fill);
    const before = await read(tx, queue);
    await queue.take(tx);
    return (await read(tx, queue)) - before;
  });
};

const queues: readonly Queue[] = [
  {
    table: "outbox",
    clean: sql`vacuum (analyze) trading.outbox`,
    fill: sql`
      insert into trading.outbox (symbol, command)
      select 'AAPL', '{}' from generate_series(1, ${BACKLOG})`,
    take: (tx) => sequenceCommands(tx, leases, 500),
    atOnce: 500,
  },
  {
    table: "activity_intake",
    clean: sql`vacuum (analyze) trading.activity_intake`,
    fill: sql`
      insert into trading.activity_intake (rank, entries)
      select 3, jsonb_build_array(jsonb_build_object('client', ${newUuid()}::uuid,
        'event', jsonb_build_array('balance', 'USD', n::text, '0')))
      from generate_series(1, ${BACKLOG}) as n`,
    take: numberActivities,
    atOnce: 500,
  },
  {
    table: "notice_intake",
    clean: sql`vacuum (analyze) trading.notice_intake`,
    fill: sql`
      insert into trading.notice_intake (order_ids, client_ids, due_at)
      select array[${newUuid()}::uuid], array[${newUuid()}::uuid], now()
      from generate_series(1, ${BACKLOG})`,
    take: (tx) => noteSettledOrders({ ...tx, inTransaction: true }),
    atOnce: 200,
  },
];

for (const queue of queues)
  test(`what is taken from a long ${queue.table} is read, and not all of it`, async (t) => {
    const count = await readToTake(queue);
    t.diagnostic(`${count} of ${BACKLOG} rows read to take ${queue.atOnce}`);
    assert.ok(count >= queue.atOnce, "something was taken");
    assert.ok(count <= 3 * queue.atOnce, `${count} rows were read`);
  });
