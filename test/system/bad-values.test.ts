import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldsNamed } from "./bad-input/paths.ts";
import { assertProblem, posts, send, written } from "./bad-input/requests.ts";

// Values in bodies: which of them are refused, and which are read exactly.

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
