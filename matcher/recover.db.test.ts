import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ticker } from "../layers/domain/identifiers.ts";
import { Fenced } from "../layers/store/matching/settlement.ts";
import { renewLeases, takeShards } from "../layers/store/matching/shards.ts";
import { sql } from "../layers/store/pg/database.ts";
import { createInstrument } from "../layers/testing/clients.ts";
import { testDatabase } from "../layers/testing/database.ts";
import { until } from "../layers/testing/until.ts";
import { recoverBook } from "./recover.ts";

// A matcher that reads a book for a long time, as with very many orders, must delay neither its own
// leases nor the matcher that takes its shards over.

const database = await testDatabase();
const SYMBOL = "AAPL" as Ticker;
await createInstrument(database, SYMBOL);

const ALL = [0, 1, 2, 3];
const SHARD = 2;
const take = async (holder: string) => {
  await database.query(sql`update trading.shard set expires_at = clock_timestamp()`);
  return takeShards(database, { holder, superseded: undefined, shards: ALL, seconds: 60 });
};

/** Runs `work` while no other transaction can read orders. */
const whileOrdersAreLocked = <T>(work: () => Promise<T>): Promise<T> =>
  database.transaction(async (tx) => {
    await tx.query(sql`lock table trading."order" in access exclusive mode`);
    const beat = setInterval(() => void tx.query(sql`select 1`).catch(() => {}), 500);
    try {
      return await work();
    } finally {
      clearInterval(beat);
    }
  });

const readerWaits = async (): Promise<boolean> => {
  const { rows } = await database.query(sql`
    select from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'
      and query like '%from trading.resting_order%'`);
  return rows.length > 0;
};

test("a shard can be renewed and taken over while its holder reads a book", async () => {
  const former = await take("one");
  const lease = former.find(({ shard }) => shard === SHARD);
  assert.ok(lease !== undefined);
  const reading = await whileOrdersAreLocked(async () => {
    const outcome = recoverBook(database, SYMBOL, lease).catch((error: unknown) => error);
    await until(readerWaits, "the book is being read");
    assert.deepEqual([...(await renewLeases(database, "one", former, 60))].sort(), ALL);
    const present = await take("two");
    assert.equal(present.length, ALL.length);
    // The other matcher claims the book, too, and waits for its orders.
    const next = present.find(({ shard }) => shard === SHARD);
    assert.ok(next !== undefined);
    const second = recoverBook(database, SYMBOL, next);
    second.catch(() => {});
    await until(async () => {
      const { rows } = await database.query<{ readonly epoch: bigint }>(
        sql`select epoch from trading.book where symbol = ${SYMBOL}`,
      );
      return rows[0]?.epoch === 2n;
    }, "the book has been claimed twice");
    return { outcome, second };
  });
  assert.ok((await reading.outcome) instanceof Fenced);
  assert.equal((await reading.second).epoch, 2);
});
