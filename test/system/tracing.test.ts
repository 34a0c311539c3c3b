import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { after, test } from "node:test";
import { until } from "../../layers/testing/until.ts";
import { type CollectedSpan, startCollector } from "../support/collector.ts";
import { findPlace, launch, runProgram } from "../support/launcher.ts";

// The whole laptop system with a collector: the way of an order, from the gateway to the feed, is
// one trace, whether the caller or the gateway began it.

const collector = await startCollector();
after(collector.close);
const place = await findPlace();
const env = {
  ...place.env,
  OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
  OTEL_BSP_SCHEDULE_DELAY: "100",
};
const system = launch(env, ["--quiet-market"]);
after(async () => {
  system.child.kill("SIGTERM");
  await system.ended;
  await rm(place.home, { recursive: true, force: true });
});
await system.says(/BrokerX is ready in/, 90_000);
const tokens = Object.fromEntries(
  ["alice", "bob"].map((name) => [
    name,
    runProgram(place.env, ["token", `${name}@brokerx.local`]).stdout.trim(),
  ]),
);

const call = async (
  client: string,
  method: string,
  path: string,
  body?: object,
  headers: Readonly<Record<string, string>> = {},
) => {
  const response = await fetch(`http://127.0.0.1:${place.ports.gateway}/api/v1${path}`, {
    method,
    headers: {
      ...{ apikey: "brokerx-key-123", "content-type": "application/json" },
      authorization: `Bearer ${tokens[client]}`,
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return {
    status: response.status,
    body: (await response.json()) as { readonly order_id: string },
  };
};

const order = (direction: string, name: string, price = "100.00") => ({
  order: {
    ...{ symbol: "AAPL", order_type: "limit", direction, quantity: 1, price },
    client_order_id: name,
  },
});

const traceOf = (traceId: string): readonly CollectedSpan[] =>
  collector.spans.filter((span) => span.traceId === traceId);

/** The parts of a command's way, by the names of their spans. */
const PARTS = ["gateway", "orders", "matcher relay", "matcher match", "matcher settle"];
const partOf = ({ service, name }: CollectedSpan): string => {
  if (service === "matcher") return `matcher ${name}`;
  return service.startsWith("orders-") ? "orders" : service;
};

const complete = (traceId: string, parts: readonly string[]): Promise<unknown> =>
  until(
    () => parts.every((part) => traceOf(traceId).some((span) => partOf(span) === part)),
    `${parts.join(", ")} in trace ${traceId}, which has ${traceOf(traceId).map(partOf).join(", ")}`,
    15_000,
  );

const onlySpan = (spans: readonly CollectedSpan[], part: string): CollectedSpan => {
  const found = spans.filter((span) => partOf(span) === part);
  const [span] = found;
  assert.ok(span !== undefined && found.length === 1, `${found.length} spans of ${part}`);
  return span;
};

test("a caller's trace passes gateway, handler, relay, matcher, settlement and feed", async () => {
  const traceId = randomBytes(16).toString("hex");
  const callerSpan = randomBytes(8).toString("hex");
  const traceparent = `00-${traceId}-${callerSpan}-01`;
  const placed = await call("alice", "POST", "/orders", order("buy", "t-1"), { traceparent });
  assert.equal(placed.status, 201);
  await complete(traceId, [...PARTS, "market-feed"]);
  const spans = traceOf(traceId);
  const gateway = onlySpan(spans, "gateway");
  const handler = onlySpan(spans, "orders");
  assert.equal(gateway.parentSpanId, callerSpan);
  assert.equal(handler.parentSpanId, gateway.spanId);
  assert.equal(handler.name, "POST /api/v1/orders");
  assert.equal(handler.attributes["http.response.status_code"], 201);
  assert.ok(String(handler.attributes["brokerx.correlation_id"]).length > 0);
  for (const part of ["matcher relay", "matcher match", "matcher settle", "market-feed"]) {
    const span = onlySpan(spans, part);
    assert.equal(span.parentSpanId, handler.spanId, part);
    assert.equal(span.attributes["brokerx.symbol"], "AAPL");
    assert.ok(span.endedNs >= span.startedNs && span.startedNs >= handler.startedNs - 5_000_000n);
  }
  assert.equal(
    onlySpan(spans, "matcher match").endedNs,
    onlySpan(spans, "matcher settle").startedNs,
  );
  assert.deepEqual([...collector.paths], ["POST /v1/traces application/json"]);
});

test("without a caller's trace the gateway begins one, and orders accepted together have separate traces", async () => {
  const before = new Set(collector.spans.map((span) => span.traceId));
  const names = Array.from({ length: 40 }, (_, index) => `many-${index}`);
  const answers = await Promise.all(
    names.map((name, index) =>
      call(index % 2 === 0 ? "alice" : "bob", "POST", "/orders", order("buy", name, "99.00")),
    ),
  );
  assert.deepEqual(
    [...new Set(answers.map(({ status }) => status))],
    [201],
    JSON.stringify(answers.filter(({ status }) => status !== 201)),
  );
  const begun = () => [
    ...new Set(collector.spans.map((span) => span.traceId).filter((id) => !before.has(id))),
  ];
  await until(() => begun().length >= names.length, "a trace for each");
  assert.equal(begun().length, names.length);
  for (const traceId of begun()) await complete(traceId, [...PARTS, "market-feed"]);
  const sizes = collector.spans.flatMap(({ name, attributes }) =>
    name === "settle" ? [Number(attributes["messaging.batch.message_count"])] : [],
  );
  assert.ok(Math.max(...sizes) > 1, "no two were settled together, so this showed little");
  for (const traceId of begun()) for (const part of PARTS) onlySpan(traceOf(traceId), part);
});

test("a replace and a cancel are traced like an order", async () => {
  const placed = await call("alice", "POST", "/orders", order("buy", "t-2", "98.00"));
  const trace = () => {
    const traceId = randomBytes(16).toString("hex");
    const span = randomBytes(8).toString("hex");
    return { traceId, headers: { traceparent: `00-${traceId}-${span}-01` } };
  };
  const path = `/orders/${placed.body.order_id}`;
  const read = async () =>
    (await call("alice", "GET", path)).body as unknown as {
      readonly status: string;
      readonly lock_version: number;
    };
  await until(async () => (await read()).status === "working", "the order works");
  const { lock_version: version } = await read();
  const change = { order: { client_version: version, quantity: 2, price: "98.00" } };
  const replace = trace();
  const replaced = await call("alice", "POST", `${path}/replace`, change, replace.headers);
  assert.ok(replaced.status === 200 || replaced.status === 202, String(replaced.status));
  await complete(replace.traceId, PARTS);
  const cancel = trace();
  const cancelled = await call("alice", "DELETE", path, undefined, cancel.headers);
  assert.ok(cancelled.status === 200 || cancelled.status === 202, String(cancelled.status));
  await complete(cancel.traceId, PARTS);
});

test("an invalid trace context begins a new trace, and one that is not sampled is not recorded", async () => {
  const count = (traceId: string): number => traceOf(traceId).length;
  const zero = "0".repeat(32);
  const bad = ["", "hello", `00-${zero}-${"1".repeat(16)}-01`, "00-xyz-1-01", "x".repeat(4_000)];
  for (const [index, traceparent] of bad.entries()) {
    const response = await call("alice", "POST", "/orders", order("buy", `bad-${index}`, "97.00"), {
      traceparent,
    });
    assert.equal(response.status, 201);
  }
  const unsampled = randomBytes(16).toString("hex");
  const quiet = { traceparent: `00-${unsampled}-${"2".repeat(16)}-00` };
  assert.equal(
    (await call("bob", "POST", "/orders", order("buy", "quiet", "97.00"), quiet)).status,
    201,
  );
  const traceId = randomBytes(16).toString("hex");
  const loud = { traceparent: `00-${traceId}-${"3".repeat(16)}-01` };
  await call("bob", "POST", "/orders", order("buy", "loud", "97.00"), loud);
  await complete(traceId, [...PARTS, "market-feed"]);
  assert.equal(count(zero), 0);
  assert.equal(count(unsampled), 0);
});

test("no span contains a token, an order or a key", () => {
  const text = JSON.stringify(collector.spans, (_key, value) =>
    typeof value === "bigint" ? String(value) : value,
  );
  assert.doesNotMatch(text, /eyJ|brokerx-key|@brokerx\.local/);
});
