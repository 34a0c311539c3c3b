import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { test } from "node:test";
import type { ClientId, OrderId } from "../../layers/domain/identifiers.ts";
import { API_KEYS_MAX } from "../../layers/domain/identity/api-key.ts";
import type { Scope } from "../../layers/domain/identity/session.ts";
import { shares } from "../../layers/domain/units.ts";
import { newApiKey } from "../../layers/platform/credentials/api-keys.ts";
import { createPasswords } from "../../layers/platform/credentials/passwords.ts";
import { hashToken } from "../../layers/platform/credentials/secrets.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { createSemaphore } from "../../layers/platform/semaphore.ts";
import { insertKey } from "../../layers/store/identity/api-keys.ts";
import { listAmendments } from "../../layers/store/orders/amendments.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { recordByHand } from "../../layers/testing/activities.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { authorizationOf, invoke, type Reply, useEnvironment } from "../../layers/testing/http.ts";
import { activeClient, PASSWORD } from "../../layers/testing/identity.ts";
import { execute } from "../../layers/testing/server.ts";
import { usd } from "../../layers/testing/terms.ts";
import { until } from "../../layers/testing/until.ts";
import { loadAdminRoutes, loadRoutes } from "../support/routes.ts";

// Every code of docs/problems.md is provoked here, and no route lists a code that the page does
// not.

const database = await testDatabase();
useEnvironment(database.url);
const routes = { ...(await loadRoutes()), ...(await loadAdminRoutes()) };
for (const [symbol, rules] of [
  ["AAPL", {}],
  ["HALT", { status: "halted" }],
  ["NOREF", { referencePrice: undefined }],
  ["LOTS", { lotSize: shares(10) }],
  ["SHUT", {}],
  ["KILL", {}],
  ["NYSE", {}],
] as const)
  await createInstrument(database, symbol, rules);
/** A market that opens on one day of the week, which is not today. */
const otherDay = ((new Date().getUTCDay() + 3) % 7) + 1;
await database.query(sql`
  insert into market.calendar (calendar, name, time_zone, opens_at, closes_at, weekdays)
  values ('SHUT', 'shut', 'UTC', '09:00', '17:00', array[${otherDay}]::smallint[])`);
await database.query(sql`update market.instrument set calendar = 'SHUT' where symbol = 'SHUT'`);
await database.query(sql`update market.instrument set calendar = 'XNYS' where symbol = 'NYSE'`);
const client = await createTestClient(database, { cash: usd("500000"), shares: { AAPL: 5 } });
/** A client with pending replaces: only the matcher could decide them. */
const replacer = await createTestClient(database, { cash: usd("10000"), shares: { AAPL: 5 } });
/** A client whose account may not trade. */
const stranger = await createTestClient(database);
await database.query(sql`
  update trading.account set status = 'suspended' where client_id = ${stranger}`);

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

const operator = await createTestClient(database, { roles: ["admin"] });
const administer = async (operation: string, request: object): Promise<Reply> => {
  const authorization = await authorizationOf(operator, ["admin"]);
  return send(operation, { ...request, headers: { authorization } });
};
const LISTED = {
  ...{ symbol: "AAPL", name: "Apple", tick_size: "0.01", max_quantity: 10, max_notional: "100" },
  price_band_bps: 100,
};
const list = (terms: object): Promise<Reply> =>
  administer("createInstrument", { body: { instrument: { ...LISTED, ...terms } } });

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

await database.query(sql`
  update trading.account set max_daily_deposits = 100000000 where client_id = ${client}`);

const orderId = async (reply: Promise<Reply>): Promise<string> =>
  String((await reply).json()["order_id"]);

/** An order that the matcher would have ended. */
const endedOrder = async (): Promise<string> => {
  const id = await orderId(place({ client_order_id: "ended" }));
  await database.query(sql`
    with released as (
      update ledger.balance set available = available + held, held = 0, open_orders = 0
      where client_id = ${client}
    ), journalled as (
      insert into ledger.journal (kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket)
      select 'release', ${id}, asset, held, client_id, 'held', client_id, 'available'
      from ledger.balance where client_id = ${client} and held > 0
    ), sent as (
      delete from trading.outbox where command->>'clientId' = ${client}
    ), stood as (
      delete from trading.resting_order
      where order_id in (select order_id from trading."order" where client_id = ${client})
    )
    update trading."order"
    set status = 'cancelled', closed = true, held = 0, open_quantity = 0, cancelled_quantity = quantity
    where client_id = ${client} and not closed`);
  await recordByHand(database, client);
  return id;
};

/**
 * Requests fewer shares while another transaction changes the order or its replace as only the
 * matcher does.
 */
const replaceWhile = async (work: (orderId: string) => Promise<unknown>): Promise<Reply> => {
  const id = await orderId(place({ quantity: 2 }, replacer));
  const answer = replace(id, { quantity: 1 });
  await work(id);
  return answer;
};

/** The matcher's decision: the new terms would take liquidity. */
const refuseReplace = async (id: string): Promise<void> => {
  const asked = async () =>
    (await listAmendments(database, id as OrderId, { after: undefined, limit: 1 }))[0];
  await until(async () => (await asked()) !== undefined, "the replace was never asked for");
  await database.query(sql`
    with decided as (
      update trading.amendment set status = 'refused', reason = 'would_take', decided_at = now()
      where order_id = ${id} and status = 'requested'
      returning order_id
    )
    update trading."order" set pending_action = null, pending_amendment = null, extra_held = 0
    from decided where "order".order_id = decided.order_id`);
  await recordByHand(database, replacer);
};

/** An order of two shares of which one was prevented from trading. */
const halfGone = async (): Promise<string> => {
  const id = await orderId(place({ direction: "sell", quantity: 2 }, replacer));
  await database.query(sql`
    with released as (
      update ledger.balance set available = available + 1, held = held - 1
      where client_id = ${replacer} and asset = 'AAPL'
    ), journalled as (
      insert into ledger.journal (kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket)
      values ('release', ${id}, 'AAPL', 1, ${replacer}, 'held', ${replacer}, 'available')
    )
    update trading."order"
    set status = 'working', held = 1, open_quantity = 1, prevented_quantity = 1
    where order_id = ${id}`);
  await recordByHand(database, replacer);
  return id;
};

/** An order of a market that is closed. */
const waitingOrder = (): Promise<string> => orderId(place({ symbol: "SHUT" }, replacer));

const replace = (id: string, terms: object, headers = {}): Promise<Reply> => {
  const body = { order: { client_version: 0, ...terms } };
  return send("replaceOrder", { params: { id }, body, headers }, replacer);
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

const withdraw = (key: string): Promise<Reply> =>
  send("withdraw", {
    ...{ body: { amount: "0.01", currency: "USD" }, headers: { "idempotency-key": key } },
  });

const manyWithdrawals = async (): Promise<Reply> => {
  for (let count = 0; ; count += 1) {
    const reply = await withdraw(`withdrawal ${count}`);
    if (reply.status !== 201) return reply;
    assert.ok(count < 50, "withdrawals are never limited");
  }
};

const endedWithdrawal = async (): Promise<Reply> => {
  await database.query(sql`
    update ledger.withdrawal set created_at = now() - interval '1 minute'
    where client_id = ${client}`);
  const { rows } = await database.query<{ withdrawal_id: string }>(sql`
    select withdrawal_id from ledger.withdrawal where client_id = ${client} limit 1`);
  return send("cancelWithdrawal", { params: { id: rows[0]?.withdrawal_id ?? "" }, body: {} });
};

/** Sends a token whose login was ten minutes ago. */
const stale = async (operation: string, body: object): Promise<Reply> => {
  const authorization = await authorizationOf(client, [], new Date(Date.now() - 600_000));
  return send(operation, { body, headers: { authorization } });
};

const appInUse = async (): Promise<Reply> => {
  await database.query(sql`
    insert into identity.totp (client_id, sealed_secret, confirmed_at)
    values (${stranger}, '', now())`);
  return send("beginTotp", { body: {} }, stranger);
};

const manyKeys = async (): Promise<Reply> => {
  await database.query(sql`
    insert into identity.api_key (key_id, client_id, secret_hash, name, scopes)
    select 'aaaaaaaaaa' || chr(97 + n / 26) || chr(97 + n % 26), ${replacer},
      decode(repeat('00', 32), 'hex'), 'many', array['read']
    from generate_series(0, 49) as n`);
  return send("createApiKey", { body: { name: "bot", scopes: ["read"] } }, replacer);
};

const guesses = async (): Promise<Reply> => {
  const body = { current_password: "not the password", password: PASSWORD };
  for (let tries = 0; ; tries += 1) {
    const reply = await send("changePassword", { body }, replacer);
    if (reply.status === 429) return reply;
    assert.ok(tries < 20, "guesses are never limited");
  }
};

/** Sends an API key with only these scopes. */
const withKey = async (operation: string, scopes: readonly Scope[]): Promise<Reply> => {
  const { keyId, secret, text } = newApiKey();
  const key = { keyId, clientId: client, secretHash: hashToken(secret), name: "test", scopes };
  await database.transaction((tx) =>
    insertKey(
      tx,
      { ...key, allowedIps: [], createdAt: new Date(), expiresAt: undefined },
      API_KEYS_MAX,
    ),
  );
  return send(operation, { headers: { authorization: `Bearer ${text}` } });
};

/** Sends a request while the database refuses every connection. */
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

/** Sends a request while the database lacks a function that the code needs. */
const duringFault = async (): Promise<Reply> => {
  await database.query(sql`alter table ledger.deposit rename to mislaid`);
  try {
    return await send("listDeposits");
  } finally {
    await database.query(sql`alter table ledger.mislaid rename to deposit`);
  }
};

const limited = await createTestClient(database, { cash: usd("1000"), maxOpenOrders: 0 });

/** A client that may place one order a second: within a minute more than sixty are refused. */
const tooFast = async (): Promise<Reply> => {
  const fast = await createTestClient(database, {
    ...{ cash: usd("10000"), maxOrdersPerSecond: 1, maxOrderBurst: 1 },
  });
  for (let count = 0; ; count += 1) {
    const reply = await place({}, fast);
    if (reply.status !== 201) return reply;
    assert.ok(count < 60, "orders are never limited");
  }
};

/** Reads many books at once while every statement waits for a lock. */
const manyBooks = (): Promise<Reply> =>
  database.transaction(async (tx) => {
    await tx.query(sql`lock table trading.book in access exclusive mode`);
    const read = () => send("getBook", { params: { symbol: "AAPL" } });
    const replies = Array.from({ length: 21 }, read);
    return Promise.any(
      replies.map(async (reply) => ((await reply).status === 429 ? reply : Promise.reject())),
    );
  });

/** The answer to a path that is not a valid URL, which no function receives. */
const refusedByServer = async (): Promise<Reply> => {
  const { explain } = createRequire(import.meta.url)("../../infra/serverless/offline-edge.cjs");
  const headers: Record<string, string> = {};
  const answer = { status: 0, text: "" };
  const response = {
    code: (status: number) => Object.assign(response, { status }),
    header: (name: string, value: string) => Object.assign(headers, { [name]: value }),
    status: 0,
  };
  const server = { response: (text: string) => Object.assign(answer, { text }) && response };
  const bad = { isBoom: true, message: "Bad path", output: { statusCode: 400 } };
  explain({ headers: {}, response: bad }, server);
  const { text } = answer;
  return { status: response.status, headers, text, json: () => JSON.parse(text) };
};

/** A client with more deposits than a PDF may have lines. */
const longStatement = async (): Promise<Reply> => {
  const busy = await createTestClient(database, { cash: usd("1") });
  await database.query(sql`
    with deposits as (
      insert into ledger.journal (
        kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket)
      select 'deposit', n::text, 'USD', 100, account_id, 'house', ${busy}, 'available'
      from ledger.house_account, generate_series(1, 10001) as n
      where name = 'bank'
      returning amount
    ), told as (
      insert into trading.activity_outbox (balances)
      select array[row(${busy}::uuid, 'USD', 10000 + sum(amount), 0)::trading.recorded_balance]
      from deposits
    )
    update ledger.balance
    set available = available + (select sum(amount) from deposits)
    where client_id = ${busy} and asset = 'USD'`);
  const today = new Date().toISOString().slice(0, 10);
  return send("reportStatement", { query: `from=${today}&to=${today}&format=pdf` }, busy);
};

const PROVOCATIONS: Readonly<Record<string, () => Promise<Reply>>> = {
  malformed_json: () => send("placeOrder", { body: "{" }),
  malformed_request: refusedByServer,
  malformed_query: () => send("listOrders", { query: "limit=1&limit=2" }),
  missing_idempotency_key: () => deposit(undefined, TEN),
  invalid_idempotency_key: () => deposit("", TEN),
  idempotency_key_not_supported: () =>
    send("placeOrder", {
      body: { order: { symbol: "AAPL", order_type: "market", direction: "buy", quantity: 1 } },
      headers: { "idempotency-key": "k" },
    }),
  missing_version: () => send("cancelOrder", { params: { id: newUuid() }, body: {} }),
  unauthorized: () => send("getPortfolio", { headers: { authorization: "Bearer a.b.c" } }),
  invalid_credentials: () =>
    send("login", { body: { email: "nobody@test.example", password: PASSWORD } }),
  invalid_code: () => send("verifyMfa", { body: { challenge_id: newUuid(), code: "000000" } }),
  invalid_refresh_token: () => send("refreshSession", { body: { refresh_token: "unknown" } }),
  deposit_limit: () => deposit("over the limit", { amount: "1000000", currency: "USD" }),
  too_many_withdrawals: manyWithdrawals,
  withdrawal_not_pending: endedWithdrawal,
  client_status: () =>
    administer("reactivateClient", {
      params: { client_id: client },
      body: { reason: "not suspended" },
    }),
  step_up_required: () => stale("createApiKey", { name: "bot", scopes: ["read"] }),
  invalid_link: () => send("resetPassword", { body: { token: "unknown", password: PASSWORD } }),
  account_not_empty: () => send("closeAccount", { body: {} }),
  totp_in_use: appInUse,
  wrong_code: () => send("removeTotp", { body: { code: "aaaaa-aaaaa" } }),
  too_many_api_keys: manyKeys,
  too_many_attempts: guesses,
  scope_required: () => withKey("getPortfolio", ["trade"]),
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
  change_in_flight: async () => {
    const id = await orderId(place({}, replacer));
    await replace(id, { quantity: 2 }, { prefer: "wait=0" });
    return replace(id, { quantity: 2, client_version: 1 });
  },
  body_too_large: () => send("placeOrder", { body: `{"x":"${"x".repeat(70_000)}"}` }),
  unsupported_media_type: () =>
    send("placeOrder", { body: "{}", headers: { "content-type": "text/plain" } }),
  not_acceptable: () =>
    send("reportStatement", {
      query: "from=2026-11-01&to=2026-11-30",
      headers: { accept: "image/png" },
    }),
  report_too_long: longStatement,
  validation_failed: () => place({ quantity: 0 }),
  invalid_verification_token: () => send("verifyEmailPost", { body: { token: "A".repeat(43) } }),
  currency_mismatch: () => deposit("eur", { ...TEN, currency: "EUR" }),
  idempotency_key_reused: async () => {
    await deposit("reused", TEN);
    return deposit("reused", { ...TEN, amount: "11.00" });
  },
  invalid_state: async () => send("deleteOrder", { params: { id: await endedOrder() } }),
  order_waiting: async () => replace(await waitingOrder(), { quantity: 2 }),
  quantity_filled: async () => replace(await halfGone(), { quantity: 1 }),
  replace_refused: () => replaceWhile(refuseReplace),
  client_order_id_conflict: async () => {
    await place({ client_order_id: "twice" });
    return place({ client_order_id: "twice", quantity: 2 });
  },
  client_not_active: () => place({}, stranger),
  unknown_symbol: () => place({ symbol: "NOPE" }),
  instrument_not_tradable: () => place({ symbol: "HALT" }),
  kill_switch: async () => {
    const body = { scope: "symbol", subject: "KILL", reason: "a test" };
    await administer("setKillSwitch", { body });
    return place({ symbol: "KILL" });
  },
  calendar_ends: () =>
    place({ symbol: "NYSE", time_in_force: "GTD", expires_at: "2041-01-02T21:00:00Z" }),
  market_closed: () => place({ symbol: "SHUT", time_in_force: "IOC" }),
  forbidden: () => send("listKillSwitches"),
  symbol_taken: () => list({}),
  unknown_calendar: () => list({ symbol: "MARS", calendar: "MARS" }),
  quantity_range: () => list({ symbol: "RANGE", min_quantity: 11 }),
  instrument_in_use: () => {
    const body = { instrument: { tick_size: "0.05" }, reason: "a test" };
    return administer("changeInstrument", { params: { symbol: "AAPL" }, body });
  },
  price_required: () => place({ price: undefined }),
  price_not_allowed: () => place({ order_type: "market" }),
  stop_price_required: () => place({ order_type: "stop_limit" }),
  stop_price_not_allowed: () => place({ stop_price: "101" }),
  expires_at_required: () => place({ time_in_force: "GTD" }),
  expires_at_not_allowed: () => place({ expires_at: "2099-12-31T21:00:00Z" }),
  expires_at_passed: () => place({ time_in_force: "GTD", expires_at: "2001-01-01T00:00:00Z" }),
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
  order_rate_limit: tooFast,
  too_many_requests: manyBooks,
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

test("no route lists a problem that the page does not list", async () => {
  const codes = new Set((await listed()).map(({ code }) => code));
  const promised = Object.values(routes).flatMap(({ contract }) => contract.problems);
  assert.ok(promised.length > 20);
  assert.deepEqual(
    promised.filter((code) => !codes.has(code)),
    [],
  );
});

test("every problem has its status and its code, and reveals nothing internal", async () => {
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
