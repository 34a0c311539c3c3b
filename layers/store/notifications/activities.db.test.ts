import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientId } from "../../domain/identifiers.ts";
import { money } from "../../domain/units.ts";
import { createTestClient } from "../../testing/clients.ts";
import { testDatabase } from "../../testing/database.ts";
import { type Executor, sql } from "../pg/database.ts";
import { numberActivities, readActivities } from "./activities.ts";

const database = await testDatabase();
const client = await createTestClient(database, { cash: money(1_000_000n) });
while ((await numberActivities(database)) > 0);

const addCash = (db: Executor, amount: bigint) =>
  db.query(sql`
    with changed as (
      update ledger.balance set available = available + ${amount}
      where client_id = ${client} and asset = 'USD'
      returning client_id, asset, available, held
    )
    insert into trading.activity_outbox (balances)
    select array[row(client_id, asset, available, held)::trading.recorded_balance] from changed`);

/** A change that waits for no lock, as a fill that is written before its balances. */
const record = (db: Executor, reference: string, of: ClientId = client, times = 1) =>
  db.query(sql`
    insert into trading.activity_outbox (transfers)
    select array[row(${of}, 'USD', 1, 'test', ${reference}, 'in')::trading.recorded_transfer]
    from generate_series(1, ${times})`);

test("of two transactions that change one balance, the later is numbered later, whichever wrote first", async () => {
  const before = await readActivities(database, client, { after: 0, limit: 100 });
  await database.transaction(async (late) => {
    await record(late, "late");
    await database.transaction(async (early) => {
      await addCash(early, 1n);
      await record(early, "early");
    });
    await addCash(late, 10n);
  });
  while ((await numberActivities(database)) > 0);
  const told = await readActivities(database, client, { after: before.length, limit: 100 });
  // Rolled back, because the ledger is checked against its journal at the end.
  await addCash(database, -11n);
  assert.deepEqual(
    told.map((event) => {
      if (event.type === "transfer") return event.reference;
      return event.type === "balance" ? event.available : event.type;
    }),
    ["early", 1_000_001n, "late", 1_000_011n],
  );
});

test("parallel calls to number activities never report that nothing waits while something does", async () => {
  const busy = await createTestClient(database);
  await record(database, "much", busy, 6_000);
  const leftBehind = async (): Promise<bigint | undefined> => {
    while ((await numberActivities(database)) > 0);
    const { rows } = await database.query<{ readonly waiting: bigint }>(
      sql`select count(*) as waiting from trading.activity_outbox`,
    );
    return rows[0]?.waiting;
  };
  assert.deepEqual(await Promise.all([leftBehind(), leftBehind(), leftBehind(), leftBehind()]), [
    0n,
    0n,
    0n,
    0n,
  ]);
  const events = await readActivities(database, busy, { after: 0, limit: 10_000 });
  assert.deepEqual(
    events.map(({ eventId }) => eventId),
    events.map((_, index) => index + 1),
  );
  assert.equal(events.length, 6_000);
});
