import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientId } from "../../layers/domain/identifiers.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { authorizationOf, invoke, type Reply, useEnvironment } from "../../layers/testing/http.ts";
import { usd } from "../../layers/testing/terms.ts";
import { loadRoutes } from "../support/routes.ts";
import { MALFORMED, words } from "../support/tenancy.ts";

// Resources of another client are treated like unknown ones: the same status, the same text, and
// nothing changed.

const database = await testDatabase();
useEnvironment(database.url);
const routes = await loadRoutes();
await createInstrument(database, "AAPL");
const owner = await createTestClient(database, { cash: usd("100000"), shares: { AAPL: 100 } });
const stranger = await createTestClient(database, { cash: usd("100000"), shares: { AAPL: 100 } });

const send = async (
  operation: string,
  as: ClientId,
  request: Parameters<typeof invoke>[1] = {},
): Promise<Reply> => {
  const route = routes[operation];
  assert.ok(route !== undefined, operation);
  const { method, path } = route.contract;
  const headers = { authorization: await authorizationOf(as), prefer: "wait=0" };
  return invoke(route.handler, { method, path, ...request, headers });
};

let names = 0;
const placedBy = async (client: ClientId): Promise<string> => {
  names += 1;
  const order = {
    ...{ symbol: "AAPL", order_type: "limit", direction: "buy", quantity: 2, price: "100" },
    ...{ time_in_force: "GTC", client_order_id: `order-${names}` },
  };
  const reply = await send("placeOrder", client, { body: { order } });
  assert.equal(reply.status, 201, reply.text);
  return String(reply.json()["order_id"]);
};

/** Every route that names an order, its request, and the answer to the owner. */
const BY_ID: Readonly<Record<string, { readonly body?: object; readonly own: number }>> = {
  getOrder: { own: 200 },
  listOrderTrades: { own: 200 },
  listAmendments: { own: 200 },
  replaceOrder: { body: { order: { client_version: 0, quantity: 1 } }, own: 202 },
  cancelOrder: { body: { client_version: 0 }, own: 202 },
  deleteOrder: { own: 202 },
};

/** Every trace that a request could leave: orders, holds, commands, audit rows. */
const traces = async (): Promise<string> => {
  const { rows } = await database.query<{ traces: string }>(sql`
    select jsonb_build_array(
      (select jsonb_agg(placed order by order_id) from trading."order" as placed),
      (select jsonb_agg(balance order by client_id, asset) from ledger.balance),
      (select count(*) from trading.outbox),
      (select count(*) from trading.amendment),
      (select count(*) from trading.audit),
      (select count(*) from ledger.journal))::text as traces`);
  return rows[0]?.traces ?? "";
};

test("this file covers every route of an order", () => {
  const named = Object.values(routes)
    .map(({ contract }) => contract)
    .filter(({ path }) => path.startsWith("/api/v1/orders/{id}"))
    .map(({ operationId }) => operationId);
  assert.deepEqual(named.sort(), Object.keys(BY_ID).sort());
});

for (const [operation, { body, own }] of Object.entries(BY_ID))
  test(`${operation}: another client's order is treated like an unknown one, and does not change`, async () => {
    const mine = await placedBy(owner);
    const before = await traces();
    const sent = body === undefined ? {} : { body };
    const foreign = await send(operation, stranger, { params: { id: mine }, ...sent });
    const absent = await send(operation, stranger, { params: { id: newUuid() }, ...sent });
    assert.equal(foreign.status, 404);
    assert.equal(foreign.json()["code"], "not_found");
    assert.deepEqual(words(foreign), words(absent));
    for (const id of MALFORMED) {
      const malformed = await send(operation, stranger, { params: { id }, ...sent });
      assert.equal(malformed.status, 404, id);
      assert.equal(malformed.json()["code"], "not_found", id);
    }
    assert.equal(await traces(), before);
    const response = await send(operation, owner, { params: { id: mine }, ...sent });
    assert.equal(response.status, own, response.text);
  });

test("lists contain only the client's own items, with any parameters", async () => {
  const [mine, theirs] = [await placedBy(owner), await placedBy(stranger)];
  const ids = async (client: ClientId, query: string) => {
    const reply = await send("listOrders", client, { query });
    assert.equal(reply.status, 200, reply.text);
    return (reply.json()["orders"] as { order_id: string }[]).map(({ order_id }) => order_id);
  };
  for (const query of ["limit=500", "status=open", "symbol=AAPL", `after=${newUuid()}`]) {
    const seen = await ids(owner, query);
    assert.ok(seen.includes(mine), query);
    assert.ok(!seen.includes(theirs), query);
  }
  // Another client's order id as a cursor also reveals nothing, because a cursor is only a point in
  // time.
  assert.ok(!(await ids(owner, `after=${theirs}`)).includes(theirs));
  assert.deepEqual(await ids(owner, `client_order_id=order-${names}`), []);
  assert.deepEqual(await ids(stranger, `client_order_id=order-${names}`), [theirs]);
  assert.deepEqual(await ids(owner, "client_order_id=never"), []);
});

test("a client_order_id belongs to one client", async () => {
  const order = {
    ...{ symbol: "AAPL", order_type: "limit", direction: "buy", quantity: 1, price: "100" },
    client_order_id: "same",
  };
  const first = await send("placeOrder", owner, { body: { order } });
  const second = await send("placeOrder", stranger, { body: { order: { ...order, quantity: 2 } } });
  assert.deepEqual([first.status, second.status], [201, 201]);
  assert.notEqual(first.json()["order_id"], second.json()["order_id"]);
});

test("cancelling all orders cancels only the client's own", async () => {
  const [mine, theirs] = [await placedBy(owner), await placedBy(stranger)];
  const reply = await send("cancelOrders", stranger);
  assert.equal(reply.status, 207);
  const results = reply.json()["results"] as { order_id: string; status: number }[];
  assert.ok(results.some(({ order_id }) => order_id === theirs));
  assert.ok(!results.some(({ order_id }) => order_id === mine));
  assert.ok(results.every(({ status }) => status === 202));
  const untouched = await send("getOrder", owner, { params: { id: mine } });
  assert.equal(untouched.json()["pending_action"], null);
  const inMsft = await send("cancelOrders", owner, { query: "symbol=MSFT" });
  assert.deepEqual(inMsft.json(), { results: [], more: false });
});

test("a preview uses only the client's own money and writes nothing", async () => {
  const poor = await createTestClient(database, { cash: usd("10") });
  const before = await traces();
  const order = {
    ...{ symbol: "AAPL", order_type: "limit", direction: "buy", quantity: 1, price: "100" },
  };
  const reply = await send("previewOrder", poor, { body: { order } });
  assert.equal(reply.status, 200, reply.text);
  assert.equal(reply.json()["ok"], false);
  assert.deepEqual((reply.json()["checks"] as object[]).at(-1), {
    ...{ check: "buying_power", limit: "10.00", value: "100.00", ok: false },
    code: "insufficient_funds",
  });
  assert.equal(await traces(), before);
});

test("a report has only the client's own data, and naming another client reveals nothing", async () => {
  for (const report of ["reportStatement", "reportTrades", "reportPnl", "reportEquity"]) {
    const days = { from: "2026-01-01", to: "2026-12-31" };
    const ask = (client: ClientId, named: object = {}) =>
      send(report, client, { query: new URLSearchParams({ ...days, ...named }).toString() });
    const own = await ask(stranger);
    assert.equal(own.status, 200, own.text);
    assert.ok(!own.text.includes(owner));
    assert.equal((own.json()["client"] as { client_id: string }).client_id, stranger);
    const before = await traces();
    const foreign = await ask(stranger, { client_id: owner });
    const absent = await ask(stranger, { client_id: newUuid() });
    assert.equal(foreign.status, 403);
    assert.deepEqual(words(foreign), words(absent));
    for (const id of MALFORMED)
      assert.equal((await ask(stranger, { client_id: id })).status, 422, id);
    assert.equal(await traces(), before);
  }
});
