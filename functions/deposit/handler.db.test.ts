import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { authorizationOf, invoke, useEnvironment } from "../../layers/testing/http.ts";

const database = await testDatabase();
useEnvironment(database.url);
const { handler } = await import("./handler.ts");
const client = await createTestClient(database);
const authorization = await authorizationOf(client);

const send = (key: string | undefined, body: string) =>
  invoke(handler, {
    method: "POST",
    headers: {
      authorization,
      "x-correlation-id": "walk-1",
      ...(key === undefined ? {} : { "idempotency-key": key }),
    },
    body,
  });

const TEN = '{"amount":"10.00","currency":"USD"}';

test("a new deposit is answered with 201; its replay with 200, the same bytes and a header that marks it", async () => {
  const first = await send("k1", TEN);
  assert.equal(first.status, 201);
  assert.equal(first.headers["x-correlation-id"], "walk-1");
  assert.equal(first.headers["x-instance"], "test");
  const replay = await send('"k1"', '{ "currency": "USD", "amount": 10 }');
  assert.equal(replay.status, 200);
  assert.equal(replay.text, first.text);
  assert.equal(replay.headers["idempotent-replayed"], "true");
});

test("a missing or malformed key is refused with 400; a key that was used with another body, with 422", async () => {
  assert.equal((await send(undefined, TEN)).json()["code"], "missing_idempotency_key");
  for (const key of ["", '""', "x".repeat(256), "naïve", "a\tb"]) {
    const response = await send(key, TEN);
    assert.equal(response.status, 400, key);
    assert.equal(response.json()["code"], "invalid_idempotency_key", key);
  }
  await send("k2", TEN);
  const reused = await send("k2", '{"amount":"11.00","currency":"USD"}');
  assert.equal(reused.status, 422);
  assert.equal(reused.json()["code"], "idempotency_key_reused");
});
