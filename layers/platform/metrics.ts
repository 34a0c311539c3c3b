import { createHistogram } from "node:perf_hooks";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

const LATENCY_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

const HTTP_LABELS: ("service" | "route" | "method" | "code")[] = [
  "service",
  "route",
  "method",
  "code",
];

/**
 * All metrics that a process may expose. Label values come from closed sets: routes, codes,
 * symbols.
 */
export const createMetrics = () => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: NEVER_MS });
  watchEventLoop(registry);
  const make = makers(registry);
  const { counter, gauge, histogram } = make;
  return {
    registry,
    httpRequests: counter("http_requests_total", "HTTP answers.", HTTP_LABELS),
    httpDuration: histogram(
      "http_request_duration_seconds",
      "Time to an HTTP answer.",
      HTTP_LABELS,
    ),
    ordersAccepted: counter("orders_accepted_total", "Orders accepted.", ["symbol", "side"]),
    ...matcherMetrics(make),
    cableConnections: gauge("cable_connections", "Open WebSocket connections."),
    cableConnectionsTotal: counter(
      "cable_connections_total",
      "WebSocket connections accepted.",
      [],
    ),
    feedDelivery: histogram("feed_delivery_seconds", "From commit to the socket's buffer.", []),
  };
};

const makers = (registry: Registry) => {
  const registers = [registry];
  return {
    registers,
    counter: <Label extends string>(name: string, help: string, labelNames: Label[]) =>
      new Counter({ name, help, labelNames, registers }),
    gauge: (name: string, help: string) => new Gauge({ name, help, registers }),
    histogram: <Label extends string>(name: string, help: string, labelNames: Label[]) =>
      new Histogram({ name, help, labelNames, buckets: LATENCY_SECONDS, registers }),
  };
};

/** The metrics of the matcher. */
const matcherMetrics = ({ counter, gauge, histogram, registers }: ReturnType<typeof makers>) => ({
  ordersEnqueued: counter(
    "orders_enqueued_total",
    "Commands that got a number and were announced on the queue.",
    ["symbol"],
  ),
  ordersMatched: counter("orders_matched_total", "Orders that traded.", ["symbol"]),
  tradesExecuted: counter("trades_executed_total", "Trades.", ["symbol"]),
  matchingQueueSize: gauge(
    "matching_queue_size",
    "Commands that have a number and are not settled yet.",
  ),
  orderAckToTrade: histogram(
    "order_ack_to_trade_seconds",
    "From the order's acceptance to the commit of its first trade.",
    [],
  ),
  outboxBacklog: gauge("outbox_backlog", "Commands committed that have no number yet."),
  outboxOldest: gauge("outbox_oldest_seconds", "Age of the oldest command without a number."),
  settleBatchSize: new Histogram({
    name: "settle_batch_size",
    help: "Commands settled in one transaction.",
    buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500],
    registers,
  }),
  bookRebuild: gauge(
    "book_rebuild_seconds",
    "Time from the start of the matcher until its first books were open.",
  ),
  shardsOwned: gauge("shards_owned", "Shards that this matcher holds."),
  symbolsHaltedByError: gauge(
    "symbols_halted_by_error",
    "Symbols that this matcher halted because a command could not be applied.",
  ),
  fenced: counter(
    "fenced_total",
    "How often this matcher tried to write for a shard that another process had taken over.",
    [],
  ),
  messagesIgnored: counter(
    "queue_messages_ignored_total",
    "Queue messages that changed nothing: duplicates, and messages of another sender.",
    ["reason"],
  ),
  ledgerImbalance: gauge("ledger_imbalance", "Assets whose balances differ from their journal."),
  holdDrift: gauge("hold_drift", "Balances whose held part differs from what open orders need."),
});

/**
 * The longest timer interval: the library's own measurement would wake every process a hundred
 * times a second.
 */
const NEVER_MS = 2 ** 31 - 1;
const LOOK_MS = 500;

/**
 * The event loop lag since the last scrape, under the library's metric names. It measures twice a
 * second: a dozen idle processes that woke a hundred times a second each used a tenth of a
 * processor.
 */
const watchEventLoop = (registry: Registry): void => {
  const late = createHistogram();
  let due = performance.now() + LOOK_MS;
  setInterval(() => {
    const now = performance.now();
    late.record(Math.max(1, Math.round((now - due) * 1e6)));
    due = now + LOOK_MS;
  }, LOOK_MS).unref();
  for (const { name } of registry.getMetricsAsArray())
    if (name.startsWith("nodejs_eventloop_lag")) registry.removeSingleMetric(name);
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      ...{ name: `nodejs_eventloop_lag_${name}`, help, registers: [registry] },
      collect() {
        this.set(late.count === 0 ? 0 : read() / 1e9);
      },
    });
  gauge("mean_seconds", "How late the event loop is, on average.", () => late.mean);
  gauge("p50_seconds", "How late the event loop is, median.", () => late.percentile(50));
  gauge("p99_seconds", "How late the event loop is, 99th percentile.", () => late.percentile(99));
  // Read last, so that each scrape starts a new measurement.
  gauge("max_seconds", "How late the event loop is at most.", () => {
    const { max } = late;
    late.reset();
    return max;
  });
};

export type Metrics = ReturnType<typeof createMetrics>;
