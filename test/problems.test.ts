import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import type { ClientId } from "../layers/domain/identifiers.ts";
import { shares } from "../layers/domain/units.ts";
import { newUuid } from "../layers/platform/ids.ts";
import { createPasswords } from "../layers/platform/passwords.ts";
import { createSemaphore } from "../layers/platform/semaphore.ts";
import { sql } from "../layers/store/database.ts";
import { createInstrument, createTestClient } from "../layers/testing/clients.ts";
import { testDatabase } from "../layers/testing/database.ts";
import { authorizationOf, invoke, type Reply, useEnvironment } from "../layers/testing/http.ts";
import { activeClient, PASSWORD } from "../layers/testing/identity.ts";
import { execute } from "../layers/testing/server.ts";
import { usd } from "./support/exchange.ts";
import { loadRoutes } from "./support/routes.ts";

// Every code that docs/problems.md lists is provoked here, and no route promises a code it does not list.

const database = await testDatabase();
useEnvironment(database.url);
const routes = await loadRoutes();
for (const [symbol, rules] of [
  ["AAPL", {}],
  ["HALT", { status: "halted" }],
  ["NOREF", { referencePrice: undefined }],
  ["LOTS", { lotSize: shares(10) }],
] as const)
  await createInstrument(database, symbol, rules);
const client = await createTestClient(database, { cash: usd("500000"), shares: { AAPL: 5 } });
const stranger = newUuid() as ClientId;

const send = async (
  operation: string,
  request: Parameters<typeof invoke>[1] = {},
  as: ClientId = client,
): Promise<Reply> => {
  const route = routes[operation];
  assert.ok(route !== undefined, operation);
  const headers = { authorization: await authorizationOf(as), ...request.headers };
  return invoke(route.handler, { method: route.contract.method, ...request, headers });
};

const place = (terms: object, as?: ClientId): Promise<Reply> => {
  const usual = {
    symbol: "AAPL",
    order_type: "limit",
    direction: "buy",
    quantity: 1,
    price: "100",
  };
  const order = { ...usual, client_order_id: newUuid(), ...terms };
  return send("placeOrder", { body: { order } }, as);
};

const deposit = (key: string | undefined, body: object): Promise<Reply> =>
  send("deposit", { body, headers: key === undefined ? {} : { "idempotency-key": key } });
const TEN = { amount: "10.00", currency: "USD" };

const orderId = async (reply: Promise<Reply>): Promise<string> =>
  String((await reply).json()["order_id"]);

/** An order that the matcher would have ended. */
const endedOrder = async (): Promise<string> => {
  const id = await orderId(place({ client_order_id: "ended" }));
  await database.query(sql`
    with released as (
      update ledger.balance set available = available + held, held = 0 where client_id = ${client}
    ), journalled as (
      insert into ledger.journal (kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket)
      select 'release', ${id}, asset, held, client_id, 'held', client_id, 'available'
      from ledger.balance where client_id = ${client} and held > 0
    ), counted as (
      update trading.account set open_orders = 0 where client_id = ${client}
    )
    update trading."order"
    set status = 'cancelled', closed = true, held = 0, open_quantity = 0, cancelled_quantity = quantity
    where client_id = ${client} and not closed`);
  return id;
};

const anHourOfLogins = async (): Promise<Reply> => {
  const passwords = createPasswords(createSemaphore({ running: 1, waiting: 10 }));
  const passwordHash = await passwords.hash(PASSWORD);
  await activeClient(database, { email: "many@test.example", passwordHash });
  const body = { email: "many@test.example", password: PASSWORD };
  for (let tries = 0; ; tries += 1) {
    const reply = await send("login", { body });
    if (reply.status !== 200) return reply;
    assert.ok(tries < 100, "challenges are never limited");
  }
};

/** Asks while the database refuses every connection. */
const duringOutage = async (): Promise<Reply> => {
  const name = new URL(database.url).pathname.slice(1);
  const server = database.url.replace(/\/[^/]+$/, "/postgres");
  await execute(server, `alter database ${name} allow_connections false`);
  await execute(
    server,
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`,
  );
  try {
    return await send("getOrder", { params: { id: newUuid() } });
  } finally {
    await execute(server, `alter database ${name} allow_connections true`);
  }
};

/** Asks while the database lacks something the code relies on. */
const duringFault = async (): Promise<Reply> => {
  await database.query(sql`alter table ledger.deposit rename to mislaid`);
  try {
    return await send("listDeposits");
  } finally {
    await database.query(sql`alter table ledger.mislaid rename to deposit`);
  }
};

const limited = await createTestClient(database, { cash: usd("1000"), maxOpenOrders: 0 });

const PROVOCATIONS: Readonly<Record<string, () => Promise<Reply>>> = {
  malformed_json: () => send("placeOrder", { body: "{" }),
  malformed_query: () => send("listOrders", { query: "limit=1&limit=2" }),
  missing_idempotency_key: () => deposit(undefined, TEN),
  invalid_idempotency_key: () => deposit("", TEN),
  missing_version: () => send("cancelOrder", { params: { id: newUuid() }, body: {} }),
  unauthorized: () => send("getPortfolio", { headers: { authorization: "Bearer a.b.c" } }),
  invalid_credentials: () =>
    send("login", { body: { email: "nobody@test.example", password: PASSWORD } }),
  invalid_code: () => send("verifyMfa", { body: { challenge_id: newUuid(), code: "000000" } }),
  not_found: () => send("getOrder", { params: { id: newUuid() } }),
  idempotency_key_in_flight: () =>
    database.transaction(async (tx) => {
      const held = `deposit ${client} slow`;
      await tx.query(sql`select pg_advisory_xact_lock(hashtextextended(${held}, 0))`);
      return deposit("slow", TEN);
    }),
  version_conflict: async () => {
    const id = await orderId(place({}));
    return send("cancelOrder", { params: { id }, body: { client_version: 7 } });
  },
  body_too_large: () => send("placeOrder", { body: `"${"x".repeat(70_000)}"` }),
  unsupported_media_type: () =>
    send("placeOrder", { body: "{}", headers: { "content-type": "text/plain" } }),
  validation_failed: () => place({ quantity: 0 }),
  invalid_verification_token: () => send("verifyEmailPost", { body: { token: "A".repeat(43) } }),
  currency_mismatch: () => deposit("eur", { ...TEN, currency: "EUR" }),
  idempotency_key_reused: async () => {
    await deposit("reused", TEN);
    return deposit("reused", { ...TEN, amount: "11.00" });
  },
  invalid_state: async () => send("deleteOrder", { params: { id: await endedOrder() } }),
  client_order_id_conflict: async () => {
    await place({ client_order_id: "twice" });
    return place({ client_order_id: "twice", quantity: 2 });
  },
  client_not_active: () => place({}, stranger),
  unknown_symbol: () => place({ symbol: "NOPE" }),
  instrument_not_tradable: () => place({ symbol: "HALT" }),
  price_required: () => place({ price: undefined }),
  price_not_allowed: () => place({ order_type: "market" }),
  post_only_not_allowed: () => place({ post_only: true, time_in_force: "IOC" }),
  invalid_tick: () => place({ price: "100.001" }),
  invalid_lot: () => place({ symbol: "LOTS", quantity: 15 }),
  quantity_limit: () => place({ quantity: 10_001 }),
  notional_limit: () => place({ quantity: 10_000, price: "9999999.99" }),
  no_reference_price: () => place({ symbol: "NOREF" }),
  price_band: () => place({ price: "150" }),
  duplicate_order: async () => {
    await place({ client_order_id: undefined });
    return place({ client_order_id: undefined });
  },
  open_order_limit: () => place({}, limited),
  insufficient_shares: () => place({ direction: "sell", quantity: 6 }),
  insufficient_funds: () => place({ quantity: 10_000, price: "119" }),
  too_many_challenges: anHourOfLogins,
  internal_error: duringFault,
  unavailable: duringOutage,
};

type Listed = { readonly status: number; readonly code: string };

const listed = async (): Promise<readonly Listed[]> => {
  const page = await readFile("docs/problems.md", "utf8");
  return [...page.matchAll(/^\| (\d{3}) \| `([a-z_]+)` \|/gm)].map(([, status, code = ""]) => ({
    status: Number(status),
    code,
  }));
};

test("the page lists exactly the problems that are provoked here", async () => {
  const codes = (await listed()).map(({ code }) => code);
  assert.deepEqual([...codes].sort(), Object.keys(PROVOCATIONS).sort());
});

test("no route promises a problem that the page does not list", async () => {
  const codes = new Set((await listed()).map(({ code }) => code));
  const promised = Object.values(routes).flatMap(({ contract }) => contract.problems);
  assert.ok(promised.length > 20);
  assert.deepEqual(
    promised.filter((code) => !codes.has(code)),
    [],
  );
});

test("every problem comes with its status and its code, and tells nothing of the inside", async () => {
  for (const { status, code } of await listed()) {
    const reply = await PROVOCATIONS[code]?.();
    assert.ok(reply !== undefined, code);
    assert.equal(reply.json()["code"], code, reply.text);
    assert.equal(reply.status, status, code);
    assert.equal(reply.headers["content-type"], "application/problem+json", code);
    assert.equal(reply.json()["correlation_id"], reply.headers["x-correlation-id"], code);
    assert.doesNotMatch(reply.text, /\b(select|relation|postgres|node_modules)\b|\.ts:/i, code);
    if ([429, 503].includes(status))
      assert.match(reply.headers["retry-after"] ?? "", /^\d+$/, code);
    if (status === 422 && "check" in reply.json())
      for (const member of ["limit", "value"]) assert.ok(member in reply.json(), code);
  }
});
