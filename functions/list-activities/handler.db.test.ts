import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { ClientId } from "../../layers/domain/identifiers.ts";
import type { Activity } from "../../layers/domain/orders/activity.ts";
import { money } from "../../layers/domain/units.ts";
import { numberActivities, readActivities } from "../../layers/store/notifications/activities.ts";
import { openDatabase, sql } from "../../layers/store/pg/database.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { asRole, authorizationOf, invoke, useEnvironment } from "../../layers/testing/http.ts";
import { randomBelow, SEED } from "../../layers/testing/random.ts";

const database = await testDatabase(40);
await createInstrument(database, "AAPL");
useEnvironment(asRole(database.url, "brokerx_orders"));
const { handler } = await import("./handler.ts");

const list = async (client: ClientId, query = "") =>
  invoke(handler, {
    method: "GET",
    query,
    headers: { authorization: await authorizationOf(client) },
  });

type Listed = {
  readonly activities: readonly Record<string, unknown>[];
  readonly next_page_token: string | null;
};

const listed = async (client: ClientId, query = ""): Promise<Listed> => {
  const reply = await list(client, query);
  assert.equal(reply.status, 200, reply.text);
  return reply.json() as unknown as Listed;
};

const readAll = (client: ClientId): Promise<readonly Activity[]> =>
  readActivities(database, client, { after: 0, limit: 100_000 });

test("every change of an order or balance is an event with the state after it", async () => {
  const client = await createTestClient(database, {
    cash: money(123_450_000n),
    shares: { AAPL: 7 },
  });
  const { activities, next_page_token } = await listed(client);
  assert.equal(next_page_token, null);
  const facts = activities.map(({ type, event_id, asset, amount, available }) => [
    ...[event_id, type, asset, amount ?? available],
  ]);
  assert.deepEqual(facts, [
    [1, "transfer", "USD", "12345.00"],
    [2, "transfer", "AAPL", 7],
    [3, "balance", "USD", "12345.00"],
    [4, "balance", "AAPL", 7],
  ]);
  assert.deepEqual(
    [activities[0]?.["kind"], activities[1]?.["kind"], activities[0]?.["direction"]],
    ["deposit", "grant", "in"],
  );
});

test("pages may end at any event, and follow each other without a gap", async () => {
  const client = await createTestClient(database, { cash: money(10_000n), shares: { AAPL: 1 } });
  const seen: unknown[] = [];
  let query = "limit=3";
  for (let pages = 0; pages < 2; pages += 1) {
    const { activities, next_page_token } = await listed(client, query);
    seen.push(...activities.map(({ event_id }) => event_id));
    query = `limit=3&after=${next_page_token ?? seen.length}`;
  }
  assert.deepEqual(seen, [1, 2, 3, 4]);
  assert.deepEqual((await listed(client, "after=4")).activities, []);
  assert.deepEqual((await listed(client, "after=999999999")).activities, []);
});

test("another client's events are never returned, with any parameters", async () => {
  const rich = await createTestClient(database, { cash: money(999_990_000n) });
  const poor = await createTestClient(database);
  await numberActivities(database);
  for (const query of ["", "after=0&limit=500", "after=1"])
    assert.deepEqual((await listed(poor, query)).activities, []);
  assert.equal((await listed(rich)).activities.length, 2);
});

test("an invalid cursor is refused and named", async () => {
  const client = await createTestClient(database);
  for (const query of ["after=-1", "after=x", "after=1.5", "after=01", "after=9999999999999999"]) {
    const reply = await list(client, query);
    assert.equal(reply.status, 422, query);
    assert.match(reply.text, /"path":"after"/);
  }
  assert.equal((await list(client, "limit=0")).status, 422);
  assert.equal((await list(client, "client_id=x")).status, 422);
});

test("a request without a token is refused", async () => {
  assert.equal((await invoke(handler, { method: "GET" })).status, 401);
});

test("with sixteen late-committing writers and three numbering processes, no event is lost, duplicated or out of order", async (t) => {
  t.diagnostic(`seed ${SEED}`);
  const below = randomBelow(SEED);
  const clients = await Promise.all(
    Array.from({ length: 5 }, () => createTestClient(database, { cash: money(1_000n) })),
  );
  let writing = true;
  let late = 0;
  const write = async (): Promise<void> => {
    for (let round = 0; round < 25; round += 1) {
      const client = clients[below(clients.length)];
      await database.transaction(async (tx) => {
        // Row numbers are assigned early, and the transactions commit in any order.
        for (let step = 0; step < 2; step += 1) {
          const { rows } = await tx.query(sql`
            with paid as (
              insert into ledger.journal (kind, reference, asset, amount, debit_account,
                debit_bucket, credit_account, credit_bucket)
              select 'deposit', 'test', 'USD', 1, account_id, 'house', ${client}::uuid, 'available'
              from ledger.house_account where name = 'bank'
            ), changed as (
              update ledger.balance set available = available + 1
              where client_id = ${client} and asset = 'USD'
              returning client_id, asset, available, held
            )
            insert into trading.activity_outbox (transfers, balances)
            select
              array[row(client_id, asset, 1, 'deposit', 'test', 'in')::trading.recorded_transfer],
              array[row(client_id, asset, available, held)::trading.recorded_balance]
            from changed
            returning outbox_id`);
          assert.equal(rows.length, 1);
          if (below(3) === 0) {
            late += 1;
            await delay(below(15));
          }
        }
      });
    }
  };
  const number = async (role: string): Promise<void> => {
    const own = openDatabase({
      ...{ url: asRole(database.url, role), poolSize: 1, applicationName: "numberer" },
    });
    while (writing) await numberActivities(own);
    await own.end();
  };
  const numbering = ["brokerx_feed", "brokerx_orders", "brokerx_feed"].map(number);
  await Promise.all(Array.from({ length: 16 }, write));
  writing = false;
  await Promise.all(numbering);
  while ((await numberActivities(database)) > 0);
  assert.ok(late > 100, "transactions were open while others committed");
  let balances = 0;
  for (const client of clients) {
    const activities = await readAll(client);
    assert.deepEqual(
      activities.map(({ eventId }) => eventId),
      activities.map((_, index) => index + 1),
    );
    const amounts = activities.flatMap((it) => (it.type === "balance" ? [it.available] : []));
    // Every balance over time, in order.
    assert.deepEqual(
      amounts,
      amounts.map((_, index) => 1_000n + BigInt(index)),
    );
    balances += amounts.length;
  }
  assert.equal(balances, clients.length + 16 * 25 * 2);
  const { rows } = await database.query(sql`
    select position from trading.activity group by position having count(*) > 1`);
  assert.equal(rows.length, 0);
});
