import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { placeOrder } from "../functions/place-order/place-order.ts";
import type { ClientId, OrderId, Ticker } from "../layers/domain/identifiers.ts";
import type { OrderTerms } from "../layers/domain/order.ts";
import { checkOrder } from "../layers/domain/pre-trade.ts";
import { newUuid } from "../layers/platform/ids.ts";
import { acceptOrders, type NewOrder } from "../layers/store/accept-orders.ts";
import { sql } from "../layers/store/database.ts";
import { listOrders } from "../layers/store/orders.ts";
import { createInstrument, createTestClient } from "../layers/testing/clients.ts";
import { testDatabase } from "../layers/testing/database.ts";
import {
  asRole,
  authorizationOf,
  invoke,
  type Reply,
  useEnvironment,
} from "../layers/testing/http.ts";
import { until } from "../layers/testing/until.ts";
import { exchange, order, usd } from "./support/exchange.ts";
import { loadAdminRoutes } from "./support/routes.ts";

// What an operator may do, over HTTP with the database role of the admin service, and what it does to
// orders on a real matcher.

const database = await testDatabase();
useEnvironment(asRole(database.url, "brokerx_admin"));
const routes = await loadAdminRoutes();
const market = await exchange(database);

const admin = await createTestClient(database, { roles: ["admin"] });
const buyer = await createTestClient(database, { cash: usd("1000000") });
const seller = await createTestClient(database, { shares: { AAPL: 1_000, MSFT: 1_000 } });
const ADMIN = await authorizationOf(admin, ["admin"]);

before(async () => {
  for (const symbol of ["AAPL", "MSFT"]) await createInstrument(database, symbol);
  await market.start();
});

type Ask = Parameters<typeof invoke>[1];
const ask = async (operation: string, request: Ask = {}, authorization = ADMIN): Promise<Reply> => {
  const route = routes[operation];
  assert.ok(route !== undefined, operation);
  const headers = { authorization, ...request.headers };
  return invoke(route.handler, { method: route.contract.method, ...request, headers });
};

/** An administrator's act that must succeed. */
const act = async (operation: string, request: Ask = {}): Promise<Record<string, unknown>> => {
  const reply = await ask(operation, request);
  assert.ok(reply.status < 300, reply.text);
  return reply.json();
};

const refusal = async (terms: OrderTerms, clientId = buyer): Promise<string> => {
  const outcome = await placeOrder(market.deps, { clientId, terms, correlationId: "test" });
  if (outcome.ok) return "accepted";
  const { failure } = outcome;
  return "value" in failure ? `${failure.code} ${failure.value}` : failure.code;
};

const becomes = async (wanted: RegExp, terms: () => OrderTerms, clientId = buyer) => {
  const started = performance.now();
  let said = "";
  await until(async () => {
    said = await refusal(terms(), clientId);
    return wanted.test(said);
  }, `an order is answered ${wanted}`);
  return performance.now() - started;
};

const bid = (symbol = "AAPL") => order("buy", 1, "90.00", { symbol: symbol as Ticker });

/** An order as a process writes it that has not heard yet of what an operator has just done. */
const staleOrder = async (clientId: ClientId, terms = bid()): Promise<NewOrder> => {
  const facts = await market.deps.reference.orderFacts(clientId, terms.symbol);
  const instrument = facts.instrument && { ...facts.instrument, status: "trading" as const };
  const decision = checkOrder({
    ...facts,
    instrument,
    stoppedBy: undefined,
    terms,
    now: new Date(),
  });
  assert.ok(decision.ok);
  const orderId = newUuid() as OrderId;
  const intent = decision.value;
  const { direction, orderType, quantity, timeInForce, postOnly, selfTradePrevention } = terms;
  return {
    ...{ orderId, clientId, terms, intent, fingerprint: Buffer.alloc(32), correlationId: "test" },
    waits: false,
    twinWindowMs: 0,
    command: {
      ...{
        type: "place",
        orderId,
        clientId,
        direction,
        orderType,
        quantity,
        timeInForce,
        postOnly,
      },
      ...{ selfTradePrevention, price: intent.worstPrice },
    },
  };
};

const openOrders = (clientId: ClientId, symbol: string) =>
  listOrders(database, clientId, { status: "open", symbol, after: undefined, limit: 100 });

const REASON = { reason: "a test" };
const KILL_BUYER = { scope: "client", subject: buyer, ...REASON };
const INSTRUMENT = {
  ...{ symbol: "NEW", name: "New Corp.", tick_size: "0.01", max_quantity: 100 },
  ...{ max_notional: "5000.00", price_band_bps: 1_000, reference_price: "10.00" },
};
const AAPL = { symbol: "AAPL" as Ticker };

/** A request that each route answers well, or with 404 for want of the thing. */
const GOOD: Readonly<Record<string, Ask>> = {
  listAdminInstruments: {},
  createInstrument: { body: { instrument: INSTRUMENT } },
  changeInstrument: { params: AAPL, body: { instrument: { max_quantity: 500 }, ...REASON } },
  haltInstrument: { params: AAPL, body: REASON },
  resumeInstrument: { params: AAPL, body: REASON },
  closeInstrument: { params: AAPL, body: REASON },
  getLimits: { params: { client_id: buyer } },
  setLimits: { params: { client_id: buyer }, body: { max_quantity: 5, ...REASON } },
  listKillSwitches: {},
  setKillSwitch: { body: KILL_BUYER },
  liftKillSwitch: { params: { scope: "client", subject: buyer } },
};

const written = async (): Promise<string> => {
  const { rows } = await database.query(sql`
    select
      (select jsonb_agg(to_jsonb(instrument) order by symbol) from market.instrument)::text as listed,
      (select jsonb_agg(to_jsonb(control)) from trading.control)::text as switches,
      (select jsonb_agg(to_jsonb(account) order by client_id)
        from trading.account)::text as limits,
      (select count(*)::integer from trading.audit) as audits`);
  return JSON.stringify(rows[0]);
};

test("only an administrator gets in, and the role is looked up again", async () => {
  assert.deepEqual(Object.keys(routes).sort(), Object.keys(GOOD).sort());
  const client = await authorizationOf(buyer);
  const former = await authorizationOf(buyer, ["admin"]);
  const before = await written();
  for (const [operation, request] of Object.entries(GOOD)) {
    assert.equal((await ask(operation, request, "")).status, 401, operation);
    for (const token of [client, former]) {
      const reply = await ask(operation, request, token);
      assert.equal(reply.status, 403, `${operation} ${reply.text}`);
      assert.equal(reply.json()["code"], "forbidden");
    }
  }
  assert.equal(await written(), before);
});

test("bad input is answered, names the field and changes nothing", async () => {
  const before = await written();
  const instrument = (change: object) => ({ body: { instrument: { ...INSTRUMENT, ...change } } });
  const change = (terms: object) => ({ params: AAPL, body: { instrument: terms, ...REASON } });
  const limits = (terms: object) => ({
    params: { client_id: buyer },
    body: { ...REASON, ...terms },
  });
  const cases: readonly (readonly [string, Ask, string])[] = [
    ["createInstrument", instrument({ symbol: "lower" }), "instrument.symbol"],
    ["createInstrument", instrument({ tick_size: "0" }), "instrument.tick_size"],
    ["createInstrument", instrument({ tick_size: "1e-2" }), "instrument.tick_size"],
    ["createInstrument", instrument({ lot_size: 0 }), "instrument.lot_size"],
    ["createInstrument", instrument({ max_quantity: 1.5 }), "instrument.max_quantity"],
    ["createInstrument", instrument({ max_quantity: 3_000_000_000 }), "instrument.max_quantity"],
    ["createInstrument", instrument({ price_band_bps: 10_001 }), "instrument.price_band_bps"],
    ["createInstrument", instrument({ name: "" }), "instrument.name"],
    ["createInstrument", instrument({ status: "closed" }), "instrument.status"],
    ["createInstrument", instrument({ calendar: "x'y" }), "instrument.calendar"],
    ["changeInstrument", change({ max_notional: "-1" }), "instrument.max_notional"],
    ["changeInstrument", change({ symbol: "MSFT" }), "instrument.symbol"],
    ["changeInstrument", { params: AAPL, body: { instrument: {} } }, "reason"],
    ["haltInstrument", { params: AAPL, body: { reason: "é" } }, "reason"],
    ["haltInstrument", { params: AAPL, body: {} }, "reason"],
    ["setLimits", limits({ max_open_orders: -1 }), "max_open_orders"],
    ["setLimits", limits({ max_open_orders: null }), "max_open_orders"],
    ["setLimits", limits({ duplicate_window_ms: 10_001 }), "duplicate_window_ms"],
    ["setLimits", limits({ max_quantity: "5" }), "max_quantity"],
    ["setLimits", limits({ status: "active" }), "status"],
    ["setKillSwitch", { body: { scope: "planet", ...REASON } }, "scope"],
    ["setKillSwitch", { body: { scope: "symbol", ...REASON } }, "subject"],
    ["setKillSwitch", { body: { scope: "symbol", subject: "*", ...REASON } }, "subject"],
    ["setKillSwitch", { body: { scope: "system", subject: "all", ...REASON } }, "subject"],
  ];
  for (const [operation, request, path] of cases) {
    const reply = await ask(operation, request);
    const what = `${operation} ${JSON.stringify(request)}: ${reply.text}`;
    assert.equal(reply.status, 422, what);
    const errors = (reply.json()["errors"] ?? []) as readonly { readonly path: string }[];
    assert.ok(
      errors.some((error) => error.path === path),
      what,
    );
  }
  const refusals: readonly (readonly [string, Ask, number, string])[] = [
    ["createInstrument", instrument({ symbol: "AAPL" }), 422, "symbol_taken"],
    ["createInstrument", instrument({ calendar: "MARS" }), 422, "unknown_calendar"],
    ["createInstrument", instrument({ min_quantity: 101 }), 422, "quantity_range"],
    ["changeInstrument", change({ min_quantity: 100_000 }), 422, "quantity_range"],
    ["changeInstrument", change({ calendar: "MARS" }), 422, "unknown_calendar"],
    ["changeInstrument", change({ tick_size: "0.05" }), 422, "instrument_in_use"],
    ["setKillSwitch", { body: { ...KILL_BUYER, subject: newUuid() } }, 404, "not_found"],
    ["setKillSwitch", { body: { scope: "symbol", subject: "NOPE", ...REASON } }, 404, "not_found"],
    ["liftKillSwitch", { params: { scope: "system", subject: "all" } }, 404, "not_found"],
    ["liftKillSwitch", { params: { scope: "planet", subject: "all" } }, 404, "not_found"],
  ];
  for (const [operation, request, status, code] of refusals) {
    const reply = await ask(operation, request);
    assert.deepEqual([reply.status, reply.json()["code"]], [status, code], reply.text);
  }
  const nobody = { client_id: newUuid() };
  for (const [operation, params] of [
    ["haltInstrument", { symbol: "NOPE" }],
    ["getLimits", nobody],
    ["getLimits", { client_id: "x" }],
    ["setLimits", nobody],
  ] as const)
    assert.equal((await ask(operation, { ...GOOD[operation], params })).status, 404, operation);
  assert.equal(await written(), before);
});

test("a kill switch stops a client, a symbol or everything within a second; cancels go on", async () => {
  for (const [scope, subject, shown, passes] of [
    ["client", buyer, buyer, () => refusal(order("sell", 1, "110.00"), seller)],
    ["symbol", "AAPL", "AAPL", () => refusal(bid("MSFT"))],
    ["system", "all", "system", undefined],
  ] as const) {
    const resting = await market.matched(await market.place(buyer, bid()));
    const body = scope === "system" ? { scope, ...REASON } : { scope, subject, ...REASON };
    await act("setKillSwitch", { body });
    assert.equal(await refusal(bid()), `kill_switch ${shown}`, "at once, by the database");
    const started = performance.now();
    await until(
      async () =>
        (await market.deps.reference.orderFacts(buyer, AAPL.symbol)).stoppedBy !== undefined,
      "every check knows the kill switch",
    );
    const ms = performance.now() - started;
    assert.ok(ms < 1_500, `replaces of a stopped ${scope} passed for ${ms} ms`);
    if (passes !== undefined) assert.equal(await passes(), "accepted");
    const replaced = await market.replace(resting, { price: usd("91.00") });
    assert.equal(replaced.ok ? "accepted" : replaced.failure.code, "kill_switch");
    await market.cancel(resting);
    assert.equal((await market.over(resting)).status, "cancelled");
    await act("liftKillSwitch", { params: { scope, subject } });
    await becomes(/^accepted$/, bid);
  }
});

test("a process that has not heard of a kill switch is refused by the database, and holds nothing", async () => {
  const other = await createTestClient(database, { cash: usd("1000") });
  const batch = [
    await staleOrder(buyer),
    await staleOrder(other),
    await staleOrder(buyer, bid("MSFT")),
  ];
  await act("setKillSwitch", { body: KILL_BUYER });
  const cash = () =>
    database.query<{ available: bigint }>(
      sql`select available from ledger.balance where client_id = ${buyer} and asset = 'USD'`,
    );
  const before = await cash();
  const verdicts = await acceptOrders(database, batch);
  assert.deepEqual(
    verdicts.map(({ verdict }) => verdict),
    ["not_counted", "placed", "not_counted"],
  );
  const alone = await acceptOrders(database, [await staleOrder(buyer)]);
  assert.deepEqual(alone, [{ verdict: "not_counted" }]);
  assert.deepEqual((await cash()).rows, before.rows);
  await act("liftKillSwitch", { params: { scope: "client", subject: buyer } });
  const [placed] = await acceptOrders(database, [await staleOrder(buyer)]);
  assert.equal(placed?.verdict, "placed");
  await becomes(/^accepted$/, bid);
});

test("a halted symbol refuses orders by name, the matcher those that slip in, and cancels go on", async () => {
  const resting = await market.matched(await market.place(seller, order("sell", 5, "110.00")));
  await act("haltInstrument", { params: AAPL, body: REASON });
  await becomes(/^instrument_not_tradable halted$/, bid);
  assert.equal(await refusal(bid("MSFT")), "accepted");
  const replaced = await market.replace(resting, { price: usd("111.00") });
  assert.equal(replaced.ok ? "accepted" : replaced.failure.code, "instrument_not_tradable");

  const [late] = await acceptOrders(database, [await staleOrder(buyer)]);
  assert.ok(late?.verdict === "placed");
  const { status, reason, held } = await market.over(late.order);
  assert.deepEqual({ status, reason, held }, { status: "rejected", reason: "halted", held: 0n });

  await market.cancel(resting);
  assert.equal((await market.over(resting)).status, "cancelled");
  await market.stop();
  await market.start();
  assert.match(await refusal(bid()), /^instrument_not_tradable/, "a halt survives a restart");

  await act("resumeInstrument", { params: AAPL, body: REASON });
  await becomes(/^accepted$/, bid);
  const sell = await market.place(seller, order("sell", 1, "90.00"));
  assert.equal((await market.over(sell)).status, "filled");
});

test("tick and lot change while nothing can be in the book, and the book counts in them afterwards", async () => {
  const coarse = { tick_size: "0.05", lot_size: 10, max_quantity: 10_000 };
  await act("createInstrument", {
    body: { instrument: { ...INSTRUMENT, symbol: "GRID", ...coarse } },
  });
  const GRID = { symbol: "GRID" };
  const grid = (quantity: number, price: string) =>
    order("buy", quantity, price, { symbol: "GRID" as Ticker });
  await becomes(/^accepted$/, () => grid(10, "10.05"));
  assert.match(await refusal(grid(10, "10.01")), /^invalid_tick/);
  assert.match(await refusal(grid(15, "10.05")), /^invalid_lot/);
  const resting = await market.matched(await market.place(buyer, grid(10, "10.05")));
  const change = { instrument: { tick_size: "0.01", lot_size: 1, min_quantity: 1 }, ...REASON };
  const tryChange = () => ask("changeInstrument", { params: GRID, body: change });
  await act("haltInstrument", { params: GRID, body: REASON });
  assert.equal((await tryChange()).json()["code"], "instrument_in_use");
  for (const one of await openOrders(buyer, "GRID")) await market.cancel(one);
  await market.over(resting);
  await until(async () => (await tryChange()).status === 200, "the change is taken", 20_000);
  await act("resumeInstrument", { params: GRID, body: REASON });
  await becomes(/^accepted$/, () => grid(1, "10.01"));
  const fine = await market.place(buyer, grid(1, "10.01"));
  assert.equal((await market.matched(fine)).status, "working");
});

test("a new instrument trades, and GET /instruments says the limits that are enforced", async () => {
  await act("createInstrument", { body: { instrument: INSTRUMENT } });
  const cheap = (quantity: number) => order("buy", quantity, "10.00", { symbol: "NEW" as Ticker });
  await becomes(/^accepted$/, () => cheap(1));
  await act("changeInstrument", {
    params: { symbol: "NEW" },
    body: { instrument: { max_quantity: 7, price_band_bps: 500 }, ...REASON },
  });
  const listed = async () => {
    const listings = await market.deps.reference.listings();
    return listings.find(({ instrument }) => instrument.symbol === "NEW")?.instrument;
  };
  await until(async () => (await listed())?.maxQuantity === 7, "the limit is listed", 1_500);
  assert.match(await refusal(cheap(8)), /^quantity_limit 8$/);
  assert.equal(await refusal(cheap(7)), "accepted");
  const far = order("buy", 1, "10.51", { symbol: "NEW" as Ticker });
  assert.match(await refusal(far), /^price_band/);
});

test("the band is drawn around the last trade once there is one", async () => {
  const near = (direction: "buy" | "sell", price: string) => order(direction, 1, price);
  await market.place(seller, near("sell", "95.00"));
  const buy = await market.place(buyer, near("buy", "95.00"));
  await market.over(buy);
  await becomes(/^accepted$/, () => near("buy", "114.00"));
  assert.match(await refusal(near("buy", "114.01")), /^price_band/);
});

test("a client's own limits are the stricter ones, and can be taken away again", async () => {
  const params = { client_id: buyer };
  const set = (limits: object) => act("setLimits", { params, body: { ...limits, ...REASON } });
  assert.deepEqual(await set({ max_quantity: 5, max_notional: "400.00", price_band_bps: 100 }), {
    client_id: buyer,
    max_open_orders: 1_000,
    ...{ max_quantity: 5, max_notional: "400.00", price_band_bps: 100, duplicate_window_ms: null },
  });
  const at = (quantity: number, price: string) => () =>
    order("buy", quantity, price, { symbol: "MSFT" as Ticker });
  await becomes(/^quantity_limit 6$/, at(6, "100.00"));
  assert.match(await refusal(at(5, "100.00")()), /^notional_limit 500.00$/);
  assert.match(await refusal(at(1, "98.99")()), /^price_band 98.99$/);
  assert.equal(await refusal(at(1, "99.00")()), "accepted");
  await set({ max_quantity: null, max_notional: null, price_band_bps: null });
  await becomes(/^accepted$/, at(6, "90.00"));

  await set({ duplicate_window_ms: 10_000 });
  const twin = () =>
    order("buy", 2, "89.00", { symbol: "MSFT" as Ticker, clientOrderId: undefined });
  await becomes(/^duplicate_order/, twin);
  await set({ max_open_orders: 0, duplicate_window_ms: null });
  await becomes(/^open_order_limit/, bid);
  await set({ max_open_orders: 1_000 });
  await becomes(/^accepted$/, bid);
});

test("every act is in the audit once, with who, what and why, and doing it again adds nothing", async () => {
  const acts = async () => {
    const { rows } = await database.query<{
      action: string;
      client_id: string;
      facts: unknown;
    }>(sql`
      select action, client_id, facts from trading.audit
      where subject = 'MSFT' order by audit_id`);
    return rows;
  };
  assert.deepEqual(await acts(), []);
  const MSFT = { params: { symbol: "MSFT" }, body: REASON };
  for (const operation of ["haltInstrument", "haltInstrument", "resumeInstrument"])
    await act(operation, MSFT);
  const kill = { body: { scope: "symbol", subject: "MSFT", reason: "why not" } };
  await act("setKillSwitch", kill);
  await act("setKillSwitch", kill);
  await act("liftKillSwitch", { params: { scope: "symbol", subject: "MSFT" } });
  assert.deepEqual(
    await acts(),
    [
      ["instrument_halted", { was: "trading", reason: "a test" }],
      ["instrument_resumed", { was: "halted", reason: "a test" }],
      ["kill_switch_set", { scope: "symbol", reason: "why not" }],
      ["kill_switch_lifted", { scope: "symbol" }],
    ].map(([action, facts]) => ({ action, client_id: admin, facts })),
  );
});

test("a symbol whose command cannot be applied refuses new orders; the others trade on", async () => {
  await becomes(/^accepted$/, () => bid("MSFT"));
  await database.query(
    sql`insert into trading.outbox (symbol, command) values ('MSFT', '{"type": "nonsense"}')`,
  );
  market.deps.bell.ring();
  await becomes(/^instrument_not_tradable halted$/, () => bid("MSFT"));
  assert.equal(await refusal(bid()), "accepted");
  await market.stop();
  await market.start();
  await becomes(/^instrument_not_tradable halted$/, () => bid("MSFT"));

  // A version of the program that knows the command settles it, and orders are taken again.
  await market.stop();
  await database.query(sql`
    update trading.command
    set command = '{"type": "resume", "correlationId": "fixed"}'
    where symbol = 'MSFT' and command->>'type' = 'nonsense'`);
  await market.start();
  await becomes(/^accepted$/, () => bid("MSFT"));
});

after(() => market.stop());
