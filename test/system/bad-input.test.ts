import assert from "node:assert/strict";
import { test } from "node:test";
import { invoke } from "../../layers/testing/http.ts";
import { fieldsNamed, leaves, replaced, touches } from "./bad-input/paths.ts";
import {
  assertProblem,
  authorization,
  expiredToken,
  GOOD,
  ID,
  NULLABLE,
  posts,
  routes,
  send,
  written,
} from "./bad-input/requests.ts";

// Input of careless or malicious callers: never a 5xx, always a problem that names the field, and
// nothing written.

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

test("a request without a valid token is refused, and the answer reveals nothing else", async () => {
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
