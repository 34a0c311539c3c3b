import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientId, Ticker } from "../../layers/domain/identifiers.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { listOrders } from "../../layers/store/orders/orders.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { authorizationOf } from "../../layers/testing/http.ts";
import { order } from "../../layers/testing/terms.ts";
import { until } from "../../layers/testing/until.ts";
import { AAPL, type Ask, administration, INSTRUMENT, REASON } from "../support/administration.ts";

// What an operator may do, over HTTP with the database role of the admin service: access, refusals,
// instruments, and the audit log. What stops orders is in halts-and-limits.test.ts.

const database = await testDatabase();
const { routes, market, admin, buyer, ask, act, refusal, becomes } = await administration(database);

const KILL_BUYER = { scope: "client", subject: buyer, ...REASON };

/** A request that each route accepts, or answers with 404 because the object does not exist. */
const GOOD: Readonly<Record<string, Ask>> = {
  listAdminInstruments: {},
  createInstrument: { body: { instrument: INSTRUMENT } },
  changeInstrument: { params: AAPL, body: { instrument: { max_quantity: 500 }, ...REASON } },
  haltInstrument: { params: AAPL, body: REASON },
  resumeInstrument: { params: AAPL, body: REASON },
  closeInstrument: { params: AAPL, body: REASON },
  listClients: {},
  getClient: { params: { client_id: buyer } },
  suspendClient: { params: { client_id: buyer }, body: REASON },
  reactivateClient: { params: { client_id: buyer }, body: REASON },
  adjustBalance: {
    params: { client_id: buyer },
    body: { asset: "USD", amount: "1", direction: "grant", ...REASON },
    headers: { "idempotency-key": "refused" },
  },
  listAdjustments: {},
  getTrialBalance: {},
  listClientOrders: { params: { client_id: buyer } },
  listCalendars: {},
  getMatchingState: {},
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

const openOrders = (clientId: ClientId, symbol: string) =>
  listOrders(database, clientId, { status: "open", symbol, after: undefined, limit: 100 });

test("only an administrator is admitted, and the role is read again", async () => {
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

const DEAR = { max_notional: "9999999999999" };

test("invalid input gets a problem that names the field, and changes nothing", async () => {
  await database.query(sql`
    insert into market.calendar
      (calendar, name, time_zone, opens_at, closes_at, weekdays, known_until)
    values ('OVER', 'over', 'UTC', '09:00', '17:00', '{1,2,3,4,5}', '2020-12-31')`);
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
    // Terms with which no order could be accepted.
    ["createInstrument", instrument({ reference_price: "10.005" }), "instrument.reference_price"],
    ["createInstrument", instrument({ max_notional: "8.99" }), "instrument.max_notional"],
    [
      "createInstrument",
      instrument({ lot_size: 60, min_quantity: 61, max_quantity: 119 }),
      "instrument.max_quantity",
    ],
    [
      "createInstrument",
      instrument({ ...DEAR, tick_size: "0.0001", reference_price: "214748.3648" }),
      "instrument.tick_size",
    ],
    ["createInstrument", instrument({ calendar: "OVER" }), "instrument.calendar"],
    ["createInstrument", instrument({ calendar: "MARS" }), "instrument.calendar"],
    ["createInstrument", instrument({ min_quantity: 101 }), "instrument.min_quantity"],
    ["createInstrument", instrument({ symbol: "USD" }), "instrument.symbol"],
    ["changeInstrument", change({ calendar: "OVER" }), "instrument.calendar"],
    ["changeInstrument", change({ reference_price: "100.001" }), "instrument.reference_price"],
    ["changeInstrument", change({ max_notional: "0.01" }), "instrument.max_notional"],
    ["changeInstrument", change({ max_notional: "-1" }), "instrument.max_notional"],
    ["changeInstrument", change({ symbol: "MSFT" }), "instrument.symbol"],
    ["changeInstrument", { params: AAPL, body: { instrument: {} } }, "reason"],
    ["haltInstrument", { params: AAPL, body: { reason: "é" } }, "reason"],
    ["haltInstrument", { params: AAPL, body: {} }, "reason"],
    ["setLimits", limits({ max_open_orders: -1 }), "max_open_orders"],
    ["setLimits", limits({ max_open_orders: null }), "max_open_orders"],
    ["setLimits", limits({ max_orders_per_second: 0 }), "max_orders_per_second"],
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
    ["createInstrument", instrument({ symbol: "USD" }), 422, "symbol_taken"],
    ["createInstrument", instrument({ symbol: "EUR" }), 422, "symbol_taken"],
    ["createInstrument", instrument({ symbol: "JPY" }), 422, "symbol_taken"],
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

test("tick and lot size change while the book is empty, and the book counts in them afterwards", async () => {
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
  for (const openOrder of await openOrders(buyer, "GRID")) await market.cancel(openOrder);
  await market.over(resting);
  await until(async () => (await tryChange()).status === 200, "the change is taken");
  await act("resumeInstrument", { params: GRID, body: REASON });
  await becomes(/^accepted$/, () => grid(1, "10.01"));
  const fine = await market.place(buyer, grid(1, "10.01"));
  assert.equal((await market.matched(fine)).status, "working");
});

test("a symbol trades on after its tick became coarser than its last price", async () => {
  const symbol = "TICK" as Ticker;
  await act("createInstrument", { body: { instrument: { ...INSTRUMENT, symbol } } });
  const seller = await createTestClient(database, { shares: { TICK: 10 } });
  await becomes(/^accepted$/, () => order("buy", 1, "10.03", { symbol }));
  const sell = await market.place(seller, order("sell", 1, "10.03", { symbol }));
  assert.equal((await market.over(sell)).status, "filled");
  await act("haltInstrument", { params: { symbol }, body: REASON });
  const body = { instrument: { tick_size: "0.05" }, ...REASON };
  const change = () => ask("changeInstrument", { params: { symbol }, body });
  await until(async () => (await change()).status === 200, "the change is taken");
  await act("resumeInstrument", { params: { symbol }, body: REASON });
  await becomes(/^accepted$/, () => order("buy", 1, "10.05", { symbol }));
  const resting = await market.place(buyer, order("buy", 1, "10.05", { symbol }));
  assert.equal((await market.matched(resting)).status, "working");
});

test("a new instrument trades, and GET /instruments has the limits that apply", async () => {
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

test("every change is in the audit log once, with who, what and why; repeating it adds nothing", async () => {
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
    ].map(([action, facts]) => ({
      action,
      client_id: admin,
      facts: Object.assign({ address: "203.0.113.7" }, facts),
    })),
  );
});
