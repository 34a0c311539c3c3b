import assert from "node:assert/strict";
import { test } from "node:test";
import { Unavailable } from "../../platform/unavailable.ts";
import { testDatabase, withDefaultWait } from "../../testing/database.ts";
import { openDatabase, sql, sqlState } from "./database.ts";

const database = await testDatabase();

test("a value never becomes part of a statement", async () => {
  const hostile = "'; drop table trading.trade; --";
  const { rows } = await database.query<{ echoed: string }>(sql`select ${hostile}::text as echoed`);
  assert.deepEqual(rows, [{ echoed: hostile }]);
});

test("64-bit integers arrive as bigint", async () => {
  const { rows } = await database.query<{ largest: bigint }>(
    sql`select 9223372036854775807::bigint as largest`,
  );
  assert.equal(rows[0]?.largest, 9_223_372_036_854_775_807n);
});

test("a transaction that throws writes nothing", async () => {
  const attempt = database.transaction(async (tx) => {
    await tx.query(sql`insert into ledger.house_account values (gen_random_uuid(), 'ghost')`);
    throw new Error("changed my mind");
  });
  await assert.rejects(attempt, /changed my mind/);
  const { rows } = await database.query(sql`select from ledger.house_account where name = 'ghost'`);
  assert.equal(rows.length, 0);
});

test("a password that was changed is an outage, not a fault of the request", async () => {
  const url = new URL(database.url);
  url.password = "the-old-one";
  const outdated = openDatabase({ url: url.href, poolSize: 1, applicationName: "test" });
  try {
    await assert.rejects(outdated.query(sql`select 1`), Unavailable);
  } finally {
    await outdated.end();
  }
});

test("a process that is busy itself does not consider the database dead", async () => {
  const url = withDefaultWait(database.url);
  const busyProcess = openDatabase({ url, poolSize: 1, applicationName: "test" });
  await busyProcess.query(sql`select 1`);
  const resting = busyProcess.query(sql`select pg_sleep(4)`);
  // The gaps are too short to open a connection in, so each probe times out in this process.
  const busy = setInterval(() => {
    const end = performance.now() + 850;
    while (performance.now() < end);
  }, 1);
  try {
    await resting;
  } finally {
    clearInterval(busy);
    await busyProcess.end();
  }
});

test("not even the owner can rewrite the journal", async () => {
  await database.query(sql`
    insert into ledger.journal (kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket)
    values ('correction', 'test', 'USD', 1,
      '00000000-0000-0000-0000-000000000001', 'house', '00000000-0000-0000-0000-000000000003', 'house')`);
  for (const statement of [
    sql`update ledger.journal set amount = 2`,
    sql`delete from ledger.journal`,
    sql`truncate ledger.journal`,
  ])
    await assert.rejects(database.query(statement), (error) => sqlState(error) === "42501");
});
