import assert from "node:assert/strict";
import { test } from "node:test";
import { connectTimeoutMs } from "./connect-timeout.ts";

test("the connection string says how long to wait for a connection, else the caller", () => {
  const url = "postgres://brokerx_orders:secret@127.0.0.1:5432/brokerx";
  assert.equal(connectTimeoutMs(url, 700), 700);
  assert.equal(connectTimeoutMs(`${url}?connect_timeout=5`, 700), 5_000);
  assert.equal(connectTimeoutMs(`${url}?sslmode=verify-full&connect_timeout=2`, 700), 2_000);
  assert.equal(connectTimeoutMs(`${url}?connect_timeout=soon`, 700), 700);
});
