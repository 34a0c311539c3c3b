import assert from "node:assert/strict";
import { test } from "node:test";
import { createMetrics } from "./metrics.ts";

const HTTP = ["code", "method", "route", "service"];

/** The metrics that dashboards and alerts of users rely on, with their labels. */
const PROMISED: Readonly<Record<string, readonly string[]>> = {
  http_requests_total: HTTP,
  http_request_duration_seconds: HTTP,
  orders_accepted_total: ["side", "symbol"],
  orders_enqueued_total: ["symbol"],
  orders_matched_total: ["symbol"],
  trades_executed_total: ["symbol"],
  matching_queue_size: [],
  cable_connections: [],
  cable_connections_total: [],
  order_ack_to_trade_seconds: [],
  outbox_backlog: [],
  outbox_oldest_seconds: [],
  settle_batch_size: [],
  feed_delivery_seconds: [],
  ledger_imbalance: [],
  hold_drift: [],
  book_rebuild_seconds: [],
};

const HISTOGRAMS = [
  ...["http_request_duration_seconds", "order_ack_to_trade_seconds", "settle_batch_size"],
  "feed_delivery_seconds",
];

test("the metrics that users rely on have their names, labels and types", async () => {
  const { registry } = createMetrics();
  for (const [name, labels] of Object.entries(PROMISED)) {
    const metric = registry.getSingleMetric(name) as unknown as
      | { readonly labelNames: readonly string[] }
      | undefined;
    assert.deepEqual(metric?.labelNames.toSorted(), labels, name);
  }
  const text = await registry.metrics();
  for (const name of HISTOGRAMS) assert.match(text, new RegExp(`^# TYPE ${name} histogram$`, "m"));
  assert.match(text, /^process_resident_memory_bytes \d+/m);
  assert.match(text, /^process_cpu_seconds_total /m);
});
