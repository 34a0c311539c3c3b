import assert from "node:assert/strict";
import { test } from "node:test";
import type { Lease } from "../layers/store/matching/shards.ts";
import { sql } from "../layers/store/pg/database.ts";
import { testDatabase } from "../layers/testing/database.ts";
import { testLogger } from "../layers/testing/logger.ts";
import { leaseSeconds, Ownership } from "./ownership.ts";

const database = await testDatabase();

test("a lease lasts three seconds, and longer for a book with very many orders", () => {
  assert.equal(leaseSeconds(0), 3);
  assert.equal(leaseSeconds(4_999), 3);
  assert.equal(leaseSeconds(60_000), 15);
  assert.equal(leaseSeconds(1_000_000), 30);
});

test("the largest book of a matcher decides how long its leases are", async () => {
  const open = (lease: Lease) => ({
    lease,
    opened: Promise.resolve(),
    ordersMax: lease.shard === 3 ? 100_000 : 7,
    close: async () => {},
  });
  const ownership = new Ownership({ database, logger: testLogger(), name: "one", open });
  const shortest = async (): Promise<number> => {
    const { rows } = await database.query<{ readonly seconds: number }>(sql`
      select min(extract(epoch from expires_at - clock_timestamp()))::float8 as seconds
      from trading.shard`);
    return rows[0]?.seconds ?? 0;
  };
  await ownership.tend();
  assert.ok((await shortest()) <= 3);
  await ownership.tend();
  const seconds = await shortest();
  assert.ok(seconds > 3 && seconds <= 23, `${seconds} s`);
  await ownership.stop();
});
