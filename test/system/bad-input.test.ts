import assert from "node:assert/strict";
import { test } from "node:test";
import { hmacKeyRing } from "../../layers/platform/credentials/key-ring.ts";
import { createTokens } from "../../layers/platform/credentials/tokens.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import {
  authorizationOf,
  invoke,
  type Reply,
  TEST_JWT_KEY,
  useEnvironment,
} from "../../layers/testing/http.ts";
import { usd } from "../../layers/testing/terms.ts";
import { loadRoutes } from "../support/routes.ts";

// Input of careless or malicious callers: never a 5xx, always a problem that names the field, and
// nothing written.

const database = await testDatabase();
useEnvironment(database.url);
const routes = await loadRoutes();
await createInstrument(database, "AAPL");
const client = await createTestClient(database, { cash: usd("100000"), shares: { AAPL: 100 } });

const authorization = await authorizationOf(client);

const ID = "01a204bd-5b7c-7e91-84d0-76e41b415ed5";

/** A valid body for each POST route; the tests put a fault into it. */
const GOOD: Readonly<Record<string, object>> = {
  register: {
    client: {
      email: "new@example.com",
      password: "a long and unusual pass phrase",
      first_name: "New",
      last_name: "Client",
      date_of_birth: "1990-01-01",
    },
  },
  verifyEmailPost: { token: "A".repeat(43) },
  resendVerification: { email: "new@example.com" },
  refreshSession: { refresh_token: "A".repeat(43) },
  logout: { refresh_token: "A".repeat(43) },
  forgotPassword: { email: "new@example.com" },
  resetPassword: { token: "A".repeat(43), password: "a long and unusual pass phrase" },
  confirmEmail: { token: "A".repeat(43) },
  login: { email: "new@example.com", password: "a long and unusual pass phrase" },
  verifyMfa: { challenge_id: ID, code: "123456" },
  deposit: { amount: "10.00", currency: "USD" },
  placeOrder: {
    order: { symbol: "AAPL", order_type: "limit", direction: "buy", quantity: 1, price: "101.00" },
  },
  previewOrder: {
    order: {
      symbol: "AAPL",
      order_type: "stop_limit",
      direction: "sell",
      quantity: 1,
      price: "98.00",
      stop_price: "99.00",
      time_in_force: "GTD",
      expires_at: "2099-12-31T21:00:00Z",
      self_trade_prevention: "decrement",
      client_order_id: "mine",
    },
  },
  replaceOrder: { order: { client_version: 0, quantity: 5, price: "100.50", stop_price: "99.00" } },
  cancelOrder: { client_version: 0 },
  withdraw: { amount: "10.00", currency: "USD" },
};

/** Its body has no field that could be invalid. */
const NO_FIELDS = "cancelWithdrawal";

/** These routes change the account that asks; their own tests cover them. */
const posts = Object.values(routes).filter(
  ({ contract: { operationId, body, tag, access } }) =>
    body !== undefined && operationId !== NO_FIELDS && !(tag === "identity" && access === "client"),
);

const send = async (operation: string, body: string | Buffer, headers = {}): Promise<Reply> => {
  const route = routes[operation];
  assert.ok(route !== undefined, operation);
  const params = route.contract.path.includes("{id}") ? { id: ID } : {};
  return invoke(route.handler, {
    method: route.contract.method,
    path: route.contract.path,
    params,
    headers: {
      ...(route.contract.access === "public" ? {} : { authorization }),
      ...(operation === "deposit" || operation === "withdraw" ? KEY : {}),
      ...headers,
    },
    body,
  });
};

const KEY = { "idempotency-key": "bad-input" };

/** A genuine token that expired an hour ago. */
const expiredToken = (): Promise<string> => {
  const clock = () => new Date(Date.now() - 3_600_000);
  const tokens = createTokens({ keys: hmacKeyRing([TEST_JWT_KEY]), ttlSeconds: 60, clock });
  return tokens.sign({ clientId: client, roles: [], tokenId: "test", sessionId: client });
};

/** Fields that may be null in an answer, and may therefore be sent as null. */
const NULLABLE = new Set([
  ...["price", "stop_price", "expires_at", "client_order_id"].map((name) => `order.${name}`),
]);

/**
 * How many rows there are in all tables that a request could write, without rows that every request
 * causes.
 */
const written = async (): Promise<string> => {
  const { rows } = await database.query(sql`
    select
      (select count(*) from identity.client) as clients,
      (select count(*) from identity.mail) as mails,
      (select count(*) from ledger.journal) as journal,
      (select count(*) from ledger.idempotency_key) as keys,
      (select count(*) from trading."order") as orders,
      (select count(*) from trading.amendment) as amendments,
      (select count(*) from trading.outbox) as outbox`);
  return JSON.stringify(rows[0], (_key, value) =>
    typeof value === "bigint" ? value.toString() : value,
  );
};

const assertProblem = (response: Reply, what: string): void => {
  assert.ok(response.status >= 400 && response.status < 500, `${what}: ${response.status}`);
  assert.equal(response.headers["content-type"], "application/problem+json", what);
  assert.equal(response.headers["x-instance"], "test", what);
  assert.ok(response.headers["x-correlation-id"], what);
  const json = response.json();
  for (const member of ["type", "title", "status", "detail", "code", "correlation_id"])
    assert.ok(member in json, `${what}: no ${member}`);
  assert.equal(json["success"], false, what);
  assert.doesNotMatch(response.text, /node_modules|\bat .*\.ts:\d|select |insert /, what);
};

const fieldsNamed = (reply: Reply): readonly string[] =>
  ((reply.json()["errors"] ?? []) as { path: string }[]).map(({ path }) => path);

test("there is a valid body for every route with a body", () => {
  assert.deepEqual(
    posts.map(({ contract }) => contract.operationId).sort(),
    Object.keys(GOOD).sort(),
  );
});

test("a body that is not one JSON object, too deep, too large or repeats a key is refused on every route", async () => {
  const before = await written();
  const deep = "[".repeat(17) + "]".repeat(17);
  const cases: readonly (readonly [string, number])[] = [
    ["", 400],
    ["{", 400],
    ["nonsense", 400],
    ["{'a':1}", 400],
    ['{"a":1,}', 400],
    ['{"a":1,"a":1}', 400],
    ['{"a":{"b":1,"b":2}}', 400],
    [deep, 400],
    [`{"a":${"[".repeat(30_000)}`, 400],
    [`{"a":"${"x".repeat(70_000)}"}`, 413],
    ["\u0000", 400],
    ['{"a":1e}', 400],
    ['{"a":01}', 400],
    ['{"a":NaN}', 400],
    ...["null", "0", "true", '""', "[]", '"{}"', "[{}]", "{}{}", "\ufeff{}"].map(
      (text) => [text, 400] as const,
    ),
  ];
  for (const { contract } of posts)
    for (const [body, status] of cases) {
      const response = await send(contract.operationId, body);
      assertProblem(response, `${contract.operationId} ${body.slice(0, 30)}`);
      assert.equal(response.status, status, `${contract.operationId} ${body.slice(0, 30)}`);
    }
  assert.equal(await written(), before);
});

test("a JSON string that contains a valid body is not accepted as one", async () => {
  const before = await written();
  for (const { contract } of posts) {
    const text = JSON.stringify(JSON.stringify(GOOD[contract.operationId]));
    const response = await send(contract.operationId, text);
    assert.equal(response.status, 400, contract.operationId);
    assert.equal(response.json()["code"], "malformed_json", contract.operationId);
  }
  assert.equal(await written(), before);
});

test("invalid UTF-8 is refused on every route, and valid UTF-8 is decoded", async () => {
  const before = await written();
  for (const { contract } of posts) {
    const text = JSON.stringify(GOOD[contract.operationId]);
    for (const bytes of ["ff", "c3", "eda080", "c0af", "f4908080", "fc"]) {
      const body = Buffer.concat([
        Buffer.from(`{"${"x"}`),
        Buffer.from(bytes, "hex"),
        Buffer.from(`":1,${text.slice(1)}`),
      ]);
      const response = await send(contract.operationId, body);
      assert.equal(response.status, 400, `${contract.operationId} ${bytes}`);
      assert.equal(response.json()["code"], "malformed_json", contract.operationId);
    }
    const good = await send(contract.operationId, Buffer.from(`{"é":1,${text.slice(1)}`));
    assert.deepEqual(fieldsNamed(good), ["é"], contract.operationId);
  }
  assert.equal(await written(), before);
});

test("another media type is refused on every route", async () => {
  for (const { contract } of posts) {
    const body = JSON.stringify(GOOD[contract.operationId]);
    for (const type of [
      ...["", "text/plain", "application/x-www-form-urlencoded", "application/jsonx", "json"],
      ...["application/json; charset=latin1", "application/json, text/plain", "text/json"],
      ...["application/json; charset=utf-16", "application/json; charset=", "application/a+json"],
    ]) {
      const response = await send(contract.operationId, body, { "content-type": type });
      assert.equal(response.status, 415, `${contract.operationId} ${type}`);
      assertProblem(response, contract.operationId);
    }
    for (const type of [
      ...["application/json", "Application/JSON", "application/json; charset=utf-8"],
      ...['application/json;charset="UTF-8"', "application/json ;  charset=UTF-8"],
    ]) {
      const response = await send(contract.operationId, "{}", { "content-type": type });
      assert.notEqual(response.status, 415, `${contract.operationId} ${type}`);
    }
  }
});

test("a wrong type is refused at every place of every body, and the place is named", async () => {
  const before = await written();
  const wrongs = [true, [], {}, -1, 0.00005, "", " ", "\u0000", "é".repeat(300), null];
  for (const { contract } of posts) {
    const operation = contract.operationId;
    for (const path of leaves(GOOD[operation] ?? {}))
      for (const wrong of wrongs) {
        const body = JSON.stringify(replaced(GOOD[operation] ?? {}, path, wrong));
        const response = await send(operation, body);
        if (wrong === null && NULLABLE.has(path.join("."))) continue;
        const what = `${operation} ${path.join(".")} = ${JSON.stringify(wrong)}`;
        assertProblem(response, what);
        if (response.status === 422 && response.json()["code"] === "validation_failed")
          assert.ok(
            fieldsNamed(response).some((named) => touches(named, path.join("."))),
            `${what}: named ${fieldsNamed(response)}`,
          );
      }
  }
  assert.equal(await written(), before);
});

test("an unknown key is refused and named, also a dangerous one", async () => {
  const before = await written();
  for (const { contract } of posts) {
    const operation = contract.operationId;
    const good = JSON.stringify(GOOD[operation]);
    for (const key of ["user_id", "status", "__proto__", "constructor", "prototype", ""]) {
      const body = `{"${key}":{"admin":true},${good.slice(1)}`;
      const response = await send(operation, body);
      assertProblem(response, `${operation} ${key}`);
      assert.equal(response.status, 422, `${operation} ${key}: ${response.text}`);
      assert.ok(fieldsNamed(response).includes(key || "body"), `${operation} ${key}`);
    }
  }
  assert.equal(({} as Record<string, unknown>)["admin"], undefined);
  assert.equal(await written(), before);
});

/** Invalid amounts, as the text in the JSON. */
const NOT_MONEY = [
  ...["1e3", "1E3", "1e-3", "1e400", "-1", "-0", "-0.01", "0.00001", "1.00001", "10000000000000"],
  ...["99999999999999.99", "12345678901234567890", "true", "null", "[]", "{}", "[1]"],
  ...['""', '" "', '" 1"', '"1 "', '"+1"', '"-1"', '"1e3"', '"0x10"', '"1_000"', '"1,000.00"'],
  ...['"1."', '".5"', '"01"', '"00.1"', '"1.23456"', '"1.2.3"', '"NaN"', '"Infinity"', '"$1"'],
  ...['"\\u0661"', '"\\uff11"', '"1\\n"', '"1\\u0000"', '"\\t1"', '"1\\u200b"', '"½"', '"1/2"'],
  ...['"10000000000000"', '"1e400"', '"0b1"', '"0o7"', '"1n"', '"null"', '"--1"', '"1-"', '"٣"'],
  ...['"1 000"', '"1\'000"', '"12345678901234"', '"١٠١"', '"1.0e0"', '"(1)"', '"1%"', '"USD 1"'],
];

test(`money is read by a grammar, with ${NOT_MONEY.length} invalid forms`, async () => {
  assert.ok(NOT_MONEY.length >= 60);
  const before = await written();
  for (const text of NOT_MONEY) {
    const deposit = await send("deposit", `{"amount":${text},"currency":"USD"}`);
    assertProblem(deposit, `amount ${text}`);
    assert.equal(deposit.status, 422, `amount ${text}`);
    assert.deepEqual(fieldsNamed(deposit), ["amount"], `amount ${text}`);
    if (text === "null") continue; // an order may have no price
    const order = `{"order":{"symbol":"AAPL","order_type":"limit","direction":"buy","quantity":1,"price":${text}}}`;
    const placed = await send("placeOrder", order);
    assertProblem(placed, `price ${text}`);
    assert.equal(placed.status, 422, `price ${text}`);
    const change = `{"order":{"client_version":0,"stop_price":${text}}}`;
    const replaced = await send("replaceOrder", change);
    assertProblem(replaced, `stop_price ${text}`);
    assert.deepEqual(fieldsNamed(replaced), ["order.stop_price"], `stop_price ${text}`);
  }
  for (const text of ["0", '"0"', "0.001", "1000000.01", '"1000000.01"', "1.234"]) {
    const deposit = await send("deposit", `{"amount":${text},"currency":"USD"}`);
    assert.equal(deposit.status, 422, `amount ${text}`);
    assert.deepEqual(fieldsNamed(deposit), ["amount"], `amount ${text}`);
  }
  assert.equal(await written(), before);
});

test("a time is read by a grammar, and only existing days are accepted", async () => {
  const order = {
    symbol: "AAPL",
    order_type: "limit",
    direction: "buy",
    quantity: 1,
    price: "101",
  };
  for (const text of [
    ...["2099-02-30T00:00:00Z", "2099-12-31", "2099-12-31T21:00:00", "2099-12-31 21:00:00Z"],
    ...["2099-13-01T00:00:00Z", "2099-12-31T25:00:00Z", "4102444800", "tomorrow", ""],
    ...["9999-12-31T23:59:59-23:59", "0000-12-31T00:00:00Z", "0001-01-01T00:00:00+01:00"],
    ...["10000-01-01T00:00:00Z", "-000001-01-01T00:00:00Z", "2099-12-31T24:00:00Z"],
    ...["2099-12-31T21:00:00Z ", "2099-12-31T21:00:00.Z", "+102099-12-31T21:00:00Z"],
    `2099-12-31T21:00:00.${"0".repeat(99)}Z`,
  ]) {
    const body = JSON.stringify({ order: { ...order, time_in_force: "GTD", expires_at: text } });
    const response = await send("placeOrder", body);
    assert.equal(response.status, 422, text);
    assert.deepEqual(fieldsNamed(response), ["order.expires_at"], text);
  }
});

test("a replace must change something", async () => {
  const response = await send("replaceOrder", '{"order":{"client_version":1}}');
  assert.equal(response.status, 422);
  assert.deepEqual(fieldsNamed(response), ["order"]);
});

test("a quantity is a whole number of shares", async () => {
  const before = await written();
  const wrong = [
    ...["0", "-1", "1.5", '"1"', "9007199254740993", "1e18", "1e400", "null", "[1]", "0.0", "-0"],
    ...["15e-1", "1e-400", "0e5", "1e99999999999", "9007199254740991.5"],
  ];
  for (const text of wrong) {
    const body = `{"order":{"symbol":"AAPL","order_type":"limit","direction":"buy","price":"101","quantity":${text}}}`;
    const response = await send("placeOrder", body);
    assert.equal(response.status, 422, text);
    assert.deepEqual(fieldsNamed(response), ["order.quantity"], text);
  }
  assert.equal(await written(), before);
});

test("a whole number may be written in several ways", async () => {
  for (const text of ["5", "5.0", "5.000", "5e0", "50e-1", "0.5e1", "0.05E+2", "500e-02"]) {
    const body = `{"order":{"symbol":"AAPL","order_type":"limit","direction":"buy","price":"101","quantity":${text}}}`;
    const response = await send("previewOrder", body);
    assert.equal(response.status, 200, `${text}: ${response.text}`);
    assert.equal(response.json()["reserved_amount"], "505.00", text);
  }
});

test("null is accepted where answers contain it", async () => {
  const market = { symbol: "AAPL", order_type: "market", direction: "buy", quantity: 1 };
  const nulls = { price: null, stop_price: null, expires_at: null, client_order_id: null };
  const response = await send("previewOrder", JSON.stringify({ order: { ...market, ...nulls } }));
  assert.equal(response.status, 200, response.text);
  const replace = { order: { client_version: 0, quantity: 1, price: null, stop_price: null } };
  assert.equal((await send("replaceOrder", JSON.stringify(replace))).status, 404);
});

test("at most twenty errors are listed, with the number of the rest, in a small answer", async () => {
  const keys = Array.from({ length: 5_000 }, (_, index) => `"k${index}":1`).join(",");
  for (const { contract } of posts) {
    const reply = await send(contract.operationId, `{${keys}}`);
    assert.equal(reply.status, 422, contract.operationId);
    const { errors, more_errors: more, detail } = reply.json();
    assert.equal((errors as object[]).length, 20, contract.operationId);
    assert.ok(Number(more) >= 4_980 && Number(more) < 5_010, `${contract.operationId} ${more}`);
    assert.match(String(detail), new RegExp(`and ${more} more$`));
    assert.ok(reply.text.length < 5_000, `${contract.operationId} ${reply.text.length}`);
    const long = await send(contract.operationId, `{"${"x".repeat(60_000)}":1}`);
    assert.ok(long.text.length < 2_000, contract.operationId);
  }
});

test("no message of the schema library reaches clients", async () => {
  for (const { contract } of posts)
    for (const body of ["{}", '{"order":7}', '{"client":[]}', '{"order":{"direction":"up"}}'])
      assert.doesNotMatch(
        (await send(contract.operationId, body)).text,
        /expected|received|Invalid (input|option|string)|undefined|Unrecognized/i,
        contract.operationId,
      );
});

test("the numbers that existing clients send are read exactly", async () => {
  const body = '{"amount": 1000.0, "currency": "USD"}';
  const response = await send("deposit", body, { "idempotency-key": "exact" });
  assert.equal(response.status, 201);
  assert.equal(response.json()["amount"], "1000.00");
  const order =
    '{"order": {"symbol": "AAPL", "order_type": "limit", "direction": "buy", "quantity": 1, "price": 101.0, "time_in_force": "DAY", "client_order_id": "gw-1-0"}}';
  const placed = await send("placeOrder", order);
  assert.equal(placed.status, 201, placed.text);
  assert.equal(placed.json()["price"], "101.00");
  assert.equal(placed.json()["reserved_amount"], "101.00");
  assert.equal(placed.json()["correlation_id"], placed.headers["x-correlation-id"]);
});

test("a request without a valid token is refused, and the answer says no more than that", async () => {
  const before = await written();
  const guarded = Object.values(routes).filter(({ contract }) => contract.access === "client");
  assert.ok(guarded.length >= 8);
  for (const { contract } of guarded)
    for (const sent of ["", "Bearer", "Bearer x", "Basic YTpi", `Bearer ${"a.".repeat(2)}a`]) {
      const response = await send(contract.operationId, "{}", { authorization: sent });
      assert.equal(response.status, 401, `${contract.operationId} ${sent}`);
      assert.equal(response.json()["code"], "unauthorized");
      assert.equal(response.headers["www-authenticate"], "Bearer");
    }
  assert.equal(await written(), before);
});

test("the refusal of a bearer token says what is wrong with it", async () => {
  const [header = "", payload = ""] = authorization.replace("Bearer ", "").split(".");
  const expired = `Bearer ${await expiredToken()}`;
  const cases: readonly (readonly [string, RegExp])[] = [
    ["Basic YTpi", /must be `Bearer`, a space and a token/],
    ["Bearer", /must be `Bearer`, a space and a token/],
    ["Bearer abc", /neither an access token nor an API key/],
    ["Bearer brx_abc", /API key is mistyped/],
    [`Bearer ${header}.${payload}.AAAA`, /not issued by this system, or it was altered/],
    [expired, /has expired/],
  ];
  for (const [sent, detail] of cases) {
    const reply = await send("listOrders", "", { authorization: sent });
    assert.equal(reply.status, 401, sent);
    assert.match(String(reply.json()["detail"]), detail, sent);
  }
});

test("unusual queries, ids and pages are refused", async () => {
  const list = routes["listOrders"];
  const get = routes["getOrder"];
  assert.ok(list !== undefined && get !== undefined);
  const headers = { authorization };
  for (const query of [
    ...["limit=0", "limit=501", "limit=-1", "limit=1e2", "limit=abc", "status=none", "nonsense=1"],
    ...["after=x", "symbol=aapl", "symbol=%00", "limit=1&limit=2", `symbol=${"A".repeat(3_000)}`],
  ]) {
    const response = await invoke(list.handler, { method: "GET", query, headers });
    assertProblem(response, query);
  }
  for (const id of ["1", "x", "", "../1", ID.toUpperCase(), `${ID}'`, "%00"]) {
    const response = await invoke(get.handler, { method: "GET", params: { id }, headers });
    assert.equal(response.status, 404, id);
    assertProblem(response, id);
  }
});

/** Whether one path contains the other: a missing object is named by a field that it lacks. */
const touches = (named: string, meant: string): boolean =>
  named.startsWith(meant) || meant.startsWith(named);

/** Paths of every value in a body that is not an object, and of every object. */
const leaves = (value: object, path: readonly string[] = []): readonly (readonly string[])[] =>
  Object.entries(value).flatMap(([key, inner]) => [
    [...path, key],
    ...(typeof inner === "object" && inner !== null ? leaves(inner, [...path, key]) : []),
  ]);

const replaced = (value: object, path: readonly string[], by: unknown): object => {
  const [head = "", ...rest] = path;
  const inner: unknown = Reflect.get(value, head);
  const next = rest.length === 0 ? by : replaced(inner as object, rest, by);
  return { ...value, [head]: next };
};
