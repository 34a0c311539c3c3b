import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientId } from "../../layers/domain/identifiers.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { authorizationOf, invoke, type Reply, useEnvironment } from "../../layers/testing/http.ts";
import { usd } from "../../layers/testing/terms.ts";
import { until } from "../../layers/testing/until.ts";
import { exchange } from "../support/exchange.ts";
import { loadRoutes } from "../support/routes.ts";

// The life of an order as a caller sees it, route by route, with a real matcher.

const database = await testDatabase();
useEnvironment(database.url);
const routes = await loadRoutes();
const symbols = ["AAPL", "MSFT", "AMZN", "TSLA", "IBM"];
for (const symbol of symbols) await createInstrument(database, symbol);
const market = await exchange(database);
await market.start();
const shares = Object.fromEntries(symbols.map((symbol) => [symbol, 1_000]));
const alice = await createTestClient(database, { cash: usd("100000"), shares });
const bob = await createTestClient(database, { cash: usd("100000"), shares });

const send = async (
  operation: string,
  as: ClientId,
  request: Parameters<typeof invoke>[1] = {},
): Promise<Reply> => {
  const route = routes[operation];
  assert.ok(route !== undefined, operation);
  const { method, path } = route.contract;
  const headers = { authorization: await authorizationOf(as), ...request.headers };
  return invoke(route.handler, { method, path, ...request, headers });
};

type Json = Readonly<Record<string, unknown>>;

/** Places an order and returns it after the matcher has processed it. */
const place = async (as: ClientId, terms: object): Promise<Json> => {
  const order = { order_type: "limit", time_in_force: "GTC", ...terms };
  const reply = await send("placeOrder", as, { body: { order }, headers: { prefer: "wait=5" } });
  assert.equal(reply.status, 201, reply.text);
  return reply.json();
};

const idOf = (order: Json) => ({ id: String(order["order_id"]) });

const replace = (as: ClientId, order: Json, terms: object, headers = {}): Promise<Reply> =>
  send("replaceOrder", as, {
    params: idOf(order),
    body: { order: { client_version: order["lock_version"], ...terms } },
    headers,
  });

const read = async (as: ClientId, order: Json): Promise<Json> =>
  (await send("getOrder", as, { params: idOf(order) })).json();

const FIELDS = [
  ...["order_id", "client_order_id", "symbol", "direction", "order_type", "quantity"],
  ...["filled_quantity", "open_quantity", "price", "stop_price", "average_price", "time_in_force"],
  ...[
    "expires_at",
    "post_only",
    "self_trade_prevention",
    "status",
    "pending_action",
    "reason",
    "reserved_amount",
    "lock_version",
  ],
  ...["created_at", "updated_at"],
];

test("an order has the same JSON wherever it appears", async () => {
  const placed = await place(alice, {
    ...{ symbol: "AAPL", direction: "buy", quantity: 3, price: "90", client_order_id: "same" },
    ...{ time_in_force: "GTD", expires_at: "9999-12-31T22:00:00+01:00" },
  });
  assert.deepEqual(Object.keys(placed), [...FIELDS, "correlation_id"]);
  assert.equal(placed["expires_at"], "9999-12-31T21:00:00.000Z");
  const { correlation_id: _, ...order } = placed;
  assert.deepEqual(await read(alice, order), order);
  const listed = await send("listOrders", alice, { query: "client_order_id=same" });
  assert.deepEqual(listed.json()["orders"], [order]);
  const open = await send("listOrders", alice, { query: "status=open&symbol=AAPL" });
  assert.deepEqual(open.json()["orders"], [order]);
  const stale = await replace(alice, { ...order, lock_version: 9 }, { quantity: 1 });
  assert.deepEqual(stale.json()["order"], order);
  const replaced = await replace(alice, order, { quantity: 2 });
  assert.deepEqual(Object.keys(replaced.json()), FIELDS);
  const ended = await send("deleteOrder", alice, { params: idOf(order) });
  assert.deepEqual(Object.keys(ended.json()), FIELDS);
  for (const query of ["client_order_id=same&status=open", "client_order_id=same&symbol=MSFT"])
    assert.deepEqual((await send("listOrders", alice, { query })).json()["orders"], [], query);
});

test("a replace that crosses trades, and its amendment and fills can be read", async () => {
  await place(bob, { symbol: "MSFT", direction: "sell", quantity: 4, price: "101" });
  const bid = await place(alice, { symbol: "MSFT", direction: "buy", quantity: 5, price: "100" });
  const replaced = await replace(alice, bid, { price: 101.5, quantity: 6 });
  assert.equal(replaced.status, 200, replaced.text);
  const now = replaced.json();
  assert.equal(now["order_id"], bid["order_id"]);
  assert.deepEqual(
    [now["status"], now["filled_quantity"], now["price"], now["reserved_amount"]],
    ["partially_filled", 4, "101.50", "203.00"],
  );
  const fills = await send("listOrderTrades", alice, { params: idOf(bid) });
  const [fill, ...none] = fills.json()["trades"] as Json[];
  assert.deepEqual(none, []);
  assert.deepEqual(
    [fill?.["price"], fill?.["quantity"], fill?.["direction"], fill?.["liquidity"]],
    ["101.00", 4, "buy", "taker"],
  );
  const amendments = await send("listAmendments", alice, { params: idOf(bid) });
  const [amendment] = amendments.json()["amendments"] as Json[];
  assert.equal(amendment?.["status"], "applied");
  assert.deepEqual(amendment["before"], { quantity: 5, price: "100.00", stop_price: null });
  assert.deepEqual(amendment["after"], { quantity: 6, price: "101.50", stop_price: null });
});

test("pages of trades and amendments miss and repeat nothing", async () => {
  const ask = await place(bob, { symbol: "AMZN", direction: "sell", quantity: 9, price: "100" });
  for (let part = 0; part < 5; part += 1)
    await place(alice, {
      symbol: "AMZN",
      direction: "buy",
      quantity: 1,
      price: "100",
      client_order_id: `part-${part}`,
    });
  for (const quantity of [8, 9, 8]) {
    const replaced = await replace(bob, await read(bob, ask), { quantity });
    assert.equal(replaced.status, 200, replaced.text);
  }
  for (const [operation, list, key, count] of [
    ["listOrderTrades", "trades", "trade_id", 5],
    ["listAmendments", "amendments", "amendment_id", 3],
  ] as const) {
    const seen: unknown[] = [];
    let query = "limit=2";
    for (let pages = 0; pages < 9 && query !== ""; pages += 1) {
      const page = (await send(operation, bob, { params: idOf(ask), query })).json();
      seen.push(...(page[list] as Json[]).map((row) => row[key]));
      const token = page["next_page_token"];
      query = token === null ? "" : `limit=2&after=${token}`;
    }
    assert.equal(seen.length, count, operation);
    assert.equal(new Set(seen).size, count, operation);
  }
});

test("lists are filtered by status, and their pages are stable while orders are placed", async () => {
  const carol = await createTestClient(database, { cash: usd("100000") });
  const bid = (price: string) =>
    place(carol, { symbol: "AAPL", direction: "buy", quantity: 1, price });
  const placed: Json[] = [];
  for (const price of ["81", "82", "83", "84", "85"]) placed.push(await bid(price));
  const [oldest, , ended] = placed;
  assert.ok(oldest !== undefined && ended !== undefined);
  await send("deleteOrder", carol, { params: idOf(ended) });
  const list = async (query: string) => (await send("listOrders", carol, { query })).json();
  const idsOf = (page: Json) => (page["orders"] as Json[]).map(({ order_id }) => order_id);
  const newestFirst = placed.map(({ order_id }) => order_id).reverse();
  assert.deepEqual(idsOf(await list("status=closed")), [ended["order_id"]]);
  assert.deepEqual(
    idsOf(await list("status=open")),
    newestFirst.filter((id) => id !== ended["order_id"]),
  );
  assert.deepEqual(idsOf(await list("status=all")), newestFirst);
  assert.deepEqual(idsOf(await list("")), newestFirst);

  const seen: unknown[] = [];
  let page = await list("limit=2");
  seen.push(...idsOf(page));
  while (page["next_page_token"] !== null) {
    await bid(`8${seen.length}.50`);
    page = await list(`limit=2&after=${page["next_page_token"]}`);
    seen.push(...idsOf(page));
  }
  assert.deepEqual(seen, newestFirst);
  await send("cancelOrders", carol, {});
});

test("a replace and a cancel without a version are refused, whatever state the order is in", async () => {
  const bid = await place(alice, { symbol: "AAPL", direction: "buy", quantity: 1, price: "88" });
  const params = idOf(bid);
  const refusals = async () => [
    await send("replaceOrder", alice, { params, body: { order: { quantity: 2 } } }),
    await send("cancelOrder", alice, { params, body: {} }),
  ];
  const codesOf = (replies: readonly Reply[]) =>
    replies.map((reply) => [reply.status, reply.json()["code"]]);
  const expected = [
    [400, "missing_version"],
    [400, "missing_version"],
  ];
  assert.deepEqual(codesOf(await refusals()), expected);
  assert.equal((await read(alice, bid))["status"], "working");
  assert.equal((await send("deleteOrder", alice, { params })).status, 200);
  assert.deepEqual(codesOf(await refusals()), expected);
  const late = await replace(alice, { ...bid, lock_version: 99 }, { quantity: 2 });
  assert.deepEqual([late.status, late.json()["code"]], [422, "invalid_state"]);
});

test("without a matcher a replace and a cancel stay pending, and the caller chooses how long to wait", async () => {
  const bid = await place(alice, { symbol: "TSLA", direction: "buy", quantity: 5, price: "100" });
  await market.stop();
  const begun = performance.now();
  const pending = await replace(alice, bid, { quantity: 4 }, { prefer: "wait=0" });
  assert.equal(pending.status, 202);
  assert.ok(performance.now() - begun < 1_000);
  assert.equal(pending.json()["pending_action"], "pending_replace");
  const twice = await replace(alice, pending.json(), { quantity: 3 });
  assert.deepEqual([twice.status, twice.json()["code"]], [409, "change_in_flight"]);
  const cancel = await send("cancelOrder", alice, {
    params: idOf(bid),
    body: { client_version: pending.json()["lock_version"] },
    headers: { prefer: "wait=0" },
  });
  assert.equal(cancel.status, 202);
  assert.equal(cancel.json()["pending_action"], "pending_cancel");
  await market.start();
  const status = async () => (await read(alice, bid))["status"];
  await until(async () => (await status()) === "cancelled", "the order is cancelled");
  const { amendments } = (await send("listAmendments", alice, { params: idOf(bid) })).json();
  assert.equal((amendments as Json[])[0]?.["status"], "applied");
});

test("cancelling all orders reports each of them: cancelled, or already ended", async () => {
  const [first, second] = [
    await place(bob, { symbol: "IBM", direction: "sell", quantity: 1, price: "105" }),
    await place(bob, { symbol: "IBM", direction: "sell", quantity: 2, price: "106" }),
  ];
  await market.stop();
  const taker = { symbol: "IBM", direction: "buy", quantity: 1, price: "105", order_type: "limit" };
  const placed = await send("placeOrder", alice, { body: { order: taker } });
  assert.equal(placed.status, 201);
  // The buy comes first in the sequence: it fills the first sell before that sell's cancel.
  const asked = await send("cancelOrders", bob, {
    query: "symbol=IBM",
    headers: { prefer: "wait=0" },
  });
  const before = asked.json()["results"] as Json[];
  assert.deepEqual(
    before.map(({ status }) => status),
    [202, 202],
  );
  const since = new Date();
  const waiting = send("cancelOrders", bob, {
    query: "symbol=IBM",
    headers: { prefer: "wait=5" },
  });
  // The request has read which orders are open, and now waits for their ends.
  await until(async () => {
    const { count } = await database.query(sql`
      select from pg_stat_activity
      where datname = current_database() and query_start > ${since}
        and query like '%"order" as placed%order_id = any($1::uuid[])%'
        and query not like '%pg_stat_activity%'`);
    return count > 0;
  }, "the request to wait");
  await market.start();
  const reply = await waiting;
  assert.equal(reply.status, 207);
  assert.deepEqual(
    (reply.json()["results"] as Json[]).map(({ order_id, status, code }) => [
      order_id,
      status,
      code,
    ]),
    [
      [second["order_id"], 200, null],
      [first["order_id"], 422, "invalid_state"],
    ],
  );
});
