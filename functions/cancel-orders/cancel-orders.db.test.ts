import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientId, Ticker } from "../../layers/domain/identifiers.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { recordByHand } from "../../layers/testing/activities.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { cancelOrders } from "./cancel-orders.ts";

// The requests to the matcher; test/order-routes.test.ts checks their outcomes.

const database = await testDatabase();
for (const symbol of ["AAPL", "MSFT"]) await createInstrument(database, symbol);
const deps = { database, outboxNotifier: { notify: () => {} } };

const clientWith = async (orders: Readonly<Record<string, number>>): Promise<ClientId> => {
  const total = Object.values(orders).reduce((sum, count) => sum + count, 0);
  const client = await createTestClient(database, { maxOpenOrders: total });
  for (const [symbol, count] of Object.entries(orders))
    await database.query(sql`
      insert into trading."order" (
        order_id, client_id, fingerprint, symbol, direction, order_type, quantity, price,
        collar_price, time_in_force, status, open_quantity, held, correlation_id)
      select order_id, ${client}, '', ${symbol}, 'sell', 'limit', 1, 1000000, 1000000, 'GTC',
        'working', 1, 1, 'test'
      from unnest(${Array.from({ length: count }, newUuid)}::uuid[]) as order_id`);
  await database.query(sql`
    insert into trading.resting_order (symbol, order_id)
    select symbol, order_id from trading."order" where client_id = ${client}`);
  for (const [symbol, count] of Object.entries(orders)) await holdShares(client, symbol, count);
  await recordByHand(database, client);
  return client;
};

const holdShares = async (client: ClientId, symbol: string, count: number): Promise<void> => {
  await database.query(sql`
    insert into ledger.balance (client_id, asset, held, open_orders)
    values (${client}, ${symbol}, ${count}, ${count})`);
  await database.query(sql`
    insert into ledger.journal (
      kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket)
    select 'grant', 'test', ${symbol}, ${count}, account_id, 'house', ${client}, 'held'
    from ledger.house_account where name = 'custodian'`);
};

const cancel = (clientId: ClientId, symbol?: string) =>
  cancelOrders(deps, {
    ...{ clientId, correlationId: "test", forMs: 0 },
    symbol: symbol as Ticker | undefined,
  });

const commandsOf = async (client: ClientId): Promise<number> => {
  const { rows } = await database.query(
    sql`select from trading.outbox where command->>'clientId' = ${client}`,
  );
  return rows.length;
};

test("a cancel is requested for every open order, newest first, once", async () => {
  const client = await clientWith({ AAPL: 3, MSFT: 2 });
  const { orders, more } = await cancel(client);
  assert.equal(more, false);
  assert.equal(orders.length, 5);
  assert.ok(orders.every(({ pendingAction }) => pendingAction === "pending_cancel"));
  const ids = orders.map(({ orderId }) => orderId);
  assert.deepEqual(ids, ids.toSorted().reverse());
  assert.equal(await commandsOf(client), 5);
  assert.equal((await cancel(client)).orders.length, 5);
  assert.equal(await commandsOf(client), 5);
});

test("with a symbol, only orders in that symbol are cancelled", async () => {
  const client = await clientWith({ AAPL: 3, MSFT: 2 });
  const { orders } = await cancel(client, "MSFT");
  assert.deepEqual(
    orders.map(({ symbol }) => symbol),
    ["MSFT", "MSFT"],
  );
  assert.equal(await commandsOf(client), 2);
});

test("two calls at the same time request the cancel of each order once", async () => {
  const client = await clientWith({ AAPL: 20 });
  await Promise.all([cancel(client), cancel(client)]);
  assert.equal(await commandsOf(client), 20);
});

test("at most five hundred orders are cancelled in a call, and the answer says that there are more", async () => {
  const client = await clientWith({ AAPL: 501 });
  const { orders, more } = await cancel(client);
  assert.deepEqual([orders.length, more], [500, true]);
  assert.equal(await commandsOf(client), 500);
});

test("no open orders are not an error", async () => {
  const client = await clientWith({});
  assert.deepEqual(await cancel(client), { orders: [], more: false });
});
