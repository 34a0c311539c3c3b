import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ticker } from "../../layers/domain/identifiers.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { authorizationOf, invoke, type Reply, useEnvironment } from "../../layers/testing/http.ts";
import { usd } from "../../layers/testing/terms.ts";
import { INSTRUMENT, REASON } from "../support/administration.ts";
import { loadAdminRoutes, loadRoutes } from "../support/routes.ts";
import { fieldsNamed, leaves, replaced, touches } from "./bad-input/paths.ts";

// Values at the edges of their grammar, on every route of the administration: never a 5xx, and a
// refusal of a field names it. Afterwards clients read what the accepted values lead to.

const database = await testDatabase();
useEnvironment(database.url);
const admin = await loadAdminRoutes();
const routes = await loadRoutes();
await createInstrument(database, "AAPL");
const operator = await createTestClient(database, { roles: ["admin"] });
const client = await createTestClient(database, { cash: usd("1000"), shares: { AAPL: 100 } });
const trader = await createTestClient(database, { cash: usd("1000"), shares: { AAPL: 100 } });
const asOperator = await authorizationOf(operator, ["admin"]);
const asTrader = await authorizationOf(trader);

type Request = Parameters<typeof invoke>[1];

const ofClient = { params: { client_id: client } };
const ofSymbol = { params: { symbol: "AAPL" as Ticker } };
const instrument = {
  ...{ ...INSTRUMENT, lot_size: 1, min_quantity: 1, duplicate_window_ms: 0, calendar: "XNYS" },
};
const { symbol: _, ...terms } = instrument;

const GOOD: Readonly<Record<string, Request & { readonly body?: object }>> = {
  listAdminInstruments: {},
  createInstrument: { body: { instrument } },
  changeInstrument: { ...ofSymbol, body: { instrument: terms, ...REASON } },
  haltInstrument: { ...ofSymbol, body: REASON },
  resumeInstrument: { ...ofSymbol, body: REASON },
  closeInstrument: { ...ofSymbol, body: REASON },
  listClients: { query: "limit=10&email=a&status=active" },
  getClient: ofClient,
  suspendClient: { ...ofClient, body: REASON },
  reactivateClient: { ...ofClient, body: REASON },
  adjustBalance: {
    ...ofClient,
    body: { asset: "AAPL", amount: "1", direction: "grant", price: "1.00", ...REASON },
  },
  listAdjustments: { query: `limit=10&client_id=${client}&after=${client}` },
  getTrialBalance: {},
  listClientOrders: { ...ofClient, query: "limit=10&status=all&symbol=AAPL" },
  listCalendars: {},
  getMatchingState: {},
  getLimits: ofClient,
  setLimits: {
    ...ofClient,
    body: {
      ...{ max_open_orders: 10, max_orders_per_second: 10, max_order_burst: 10, max_quantity: 5 },
      ...{ max_notional: "5.00", max_daily_deposits: "5.00", price_band_bps: 10 },
      ...{ duplicate_window_ms: 10, ...REASON },
    },
  },
  listKillSwitches: {},
  setKillSwitch: { body: { scope: "client", subject: client, ...REASON } },
  liftKillSwitch: { params: { scope: "client", subject: client } },
};

const EDGES = [
  ...["0", "0.0001", "0.01", "9007199254740991", "9007199254740992", "9999999999999"],
  ...["9999999999999.9999", "10000000000000", "1000000000000", "1000000001", "2147483648"],
  ...["922337203685477", "922337203685477.5808", "9223372036854775807", "9223372036854775808"],
  ...["1e400", "1e13", "-1", "-0", "", " ", "\u0000", "\ud800", "x".repeat(300), "%00", "'"],
  ...[0, 1, 2_147_483_647, 2_147_483_648, 4_294_967_296, 1_000_000_000, 1_000_000_000_000],
  ...[Number.MAX_SAFE_INTEGER, 9_999_999_999_999, 1e21, -1, 0.0001, true, null, [], {}],
];

const ask = (operation: string, request: Request): Promise<Reply> => {
  const route = admin[operation];
  assert.ok(route, operation);
  return invoke(route.handler, {
    ...{ method: route.contract.method, path: route.contract.path },
    ...request,
    headers: { authorization: asOperator, "idempotency-key": newUuid() },
  });
};

const assertNo5xx = (reply: Reply, what: string): void =>
  assert.ok(reply.status < 500, `${what}: ${reply.status} ${reply.text}`);

test("every route of the administration has a valid request here", () => {
  assert.deepEqual(Object.keys(GOOD).sort(), Object.keys(admin).sort());
});

test("no value in a body is answered with a 5xx, and a refused field is named", async () => {
  for (const [operation, request] of Object.entries(GOOD))
    for (const path of leaves(request.body ?? {}))
      for (const edge of EDGES) {
        const body = replaced(request.body ?? {}, path, edge);
        const reply = await ask(operation, { ...request, body });
        const what = `${operation} ${path.join(".")} = ${JSON.stringify(edge)}`;
        assertNo5xx(reply, what);
        if (reply.status === 422 && reply.json()["code"] === "validation_failed")
          assert.ok(fieldsNamed(reply).length > 0, `${what}: ${reply.text}`);
        if (reply.status === 422 && operation === "setLimits")
          assert.ok(
            fieldsNamed(reply).some((named) => touches(named, path.join("."))),
            what,
          );
      }
});

test("no parameter in a path or a query is answered with a 5xx", async () => {
  const texts = EDGES.filter((edge) => typeof edge === "string");
  for (const [operation, { params = {}, query = "", ...request }] of Object.entries(GOOD))
    for (const edge of texts) {
      const what = `${operation} = ${edge}`;
      for (const name of Object.keys(params))
        assertNo5xx(
          await ask(operation, { ...request, query, params: { ...params, [name]: edge } }),
          what,
        );
      for (const name of [...new URLSearchParams(query).keys()]) {
        const changed = new URLSearchParams(query);
        changed.set(name, edge);
        assertNo5xx(await ask(operation, { ...request, params, query: String(changed) }), what);
      }
    }
});

test("clients read and place orders at the largest values that an operator can set", async () => {
  const dear = {
    ...{ symbol: "DEAR", name: "Dear Inc.", max_quantity: 2_000_000_000, calendar: "ALWAYS" },
    ...{ tick_size: "9999999999999.9999", reference_price: "9999999999999.9999" },
    ...{ max_notional: "9999999999999.9999", price_band_bps: 10_000 },
  };
  const listed = await ask("createInstrument", { body: { instrument: dear } });
  assert.equal(listed.status, 201, listed.text);
  for (let times = 0; times < 3; times += 1) {
    const body = { asset: "DEAR", amount: "1000000000", direction: "grant", ...REASON };
    assert.equal((await ask("adjustBalance", { params: { client_id: trader }, body })).status, 201);
  }
  const read = async (operation: string, request: Request = {}): Promise<Reply> => {
    const route = routes[operation];
    assert.ok(route, operation);
    const { method, path } = route.contract;
    const reply = await invoke(route.handler, {
      ...{ method, path, ...request, headers: { authorization: asTrader } },
    });
    assertNo5xx(reply, operation);
    return reply;
  };
  assert.equal((await read("getPortfolio")).status, 200);
  const day = new Date().toISOString().slice(0, 10);
  for (const report of ["reportStatement", "reportTrades", "reportPnl", "reportEquity"]) {
    const reply = await read(report, { query: `from=${day}&to=${day}` });
    assert.equal(reply.status, 200, `${report} ${reply.text}`);
  }
  for (const operation of ["previewOrder", "placeOrder"])
    for (const direction of ["buy", "sell"])
      for (const quantity of [1, 2_000_000_000, Number.MAX_SAFE_INTEGER])
        for (const price of ["9999999999999.9999", "0.0001"])
          for (const kind of ["limit", "stop", "stop_limit", "market"]) {
            const order = {
              ...{ symbol: "DEAR", order_type: kind, direction, quantity },
              ...(kind.includes("limit") ? { price } : {}),
              ...(kind.includes("stop") ? { stop_price: price } : {}),
              ...(kind === "market" ? { time_in_force: "IOC" } : {}),
            };
            await read(operation, { body: { order } });
          }
  assert.equal((await ask("getTrialBalance", {})).status, 200);
});
