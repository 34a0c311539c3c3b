import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Gauge, Registry } from "prom-client";
import { checkHealth, type Health } from "./health.ts";
import { startStatusServer } from "./status-server.ts";

const never = () => new Promise<never>(() => {});

const serve = async (t: TestContext, health: () => Promise<Health>) => {
  const registry = new Registry();
  new Gauge({ name: "orders_waiting", help: "For the test.", registers: [registry] }).set(7);
  const server = await startStatusServer({ port: 0, instance: "matcher", health, registry });
  t.after(server.close);
  return (path: string, init?: RequestInit) =>
    fetch(`http://127.0.0.1:${server.port}${path}`, init);
};

test("a process whose checks all answer is healthy and names them", async (t) => {
  const ask = await serve(t, () => checkHealth({ database: async () => 1, queue: async () => {} }));
  const response = await ask("/health", { headers: { "x-correlation-id": "walk-1" } });
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), {
    status: "ok",
    instance: "matcher",
    checks: { database: "ok", queue: "ok" },
  });
  assert.equal(response.headers.get("x-instance"), "matcher");
  assert.equal(response.headers.get("x-correlation-id"), "walk-1");
});

test("a failing check makes the process unavailable and is named", async (t) => {
  const out = () => Promise.reject(new Error("connection refused"));
  const ask = await serve(t, () => checkHealth({ database: async () => 1, queue: out }));
  const response = await ask("/health");
  assert.equal(response.status, 503);
  assert.deepEqual(((await response.json()) as { checks: object }).checks, {
    database: "ok",
    queue: "failed",
  });
});

test("a check that never answers is reported as silent in time", async () => {
  assert.deepEqual(await checkHealth({ database: never, queue: async () => {} }, 10), {
    database: "silent",
    queue: "ok",
  });
});

test("a health request is answered even when the whole check never ends", async (t) => {
  const ask = await serve(t, never);
  const response = await ask("/health", { signal: AbortSignal.timeout(8_000) });
  assert.equal(response.status, 503);
});

test("the metrics are Prometheus text", async (t) => {
  const ask = await serve(t, async () => ({}));
  const response = await ask("/metrics");
  assert.match(response.headers.get("content-type") ?? "", /^text\/plain/);
  assert.match(await response.text(), /^orders_waiting 7$/m);
});

test("an id that is no plain word is replaced, and any other path is a problem", async (t) => {
  const ask = await serve(t, async () => ({}));
  const response = await ask("/orders", { headers: { "x-correlation-id": "two words" } });
  assert.equal(response.status, 404);
  assert.equal(response.headers.get("content-type"), "application/problem+json");
  const { correlation_id } = (await response.json()) as { correlation_id: string };
  assert.equal(response.headers.get("x-correlation-id"), correlation_id);
  assert.notEqual(correlation_id, "two words");
});
