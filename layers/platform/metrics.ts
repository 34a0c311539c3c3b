import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

const LATENCY_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

const HTTP_LABELS: ("service" | "route" | "method" | "code")[] = [
  "service",
  "route",
  "method",
  "code",
];

/** Every series a process may expose. Label values come from closed sets: routes, codes, symbols. */
export const createMetrics = () => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Counter({ name, help, labelNames, registers });
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
  const histogram = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Histogram({ name, help, labelNames, buckets: LATENCY_SECONDS, registers });
  return {
    registry,
    httpRequests: counter("http_requests_total", "HTTP answers.", HTTP_LABELS),
    httpDuration: histogram(
      "http_request_duration_seconds",
      "Time to an HTTP answer.",
      HTTP_LABELS,
    ),
    ordersAccepted: counter("orders_accepted_total", "Orders accepted.", ["symbol", "side"]),
    ordersEnqueued: counter("orders_enqueued_total", "Commands sent to the queue.", ["symbol"]),
    ordersMatched: counter("orders_matched_total", "Orders that traded.", ["symbol"]),
    tradesExecuted: counter("trades_executed_total", "Trades.", ["symbol"]),
    matchingQueueSize: gauge("matching_queue_size", "Commands sent and not yet settled."),
    orderAckToTrade: histogram(
      "order_ack_to_trade_seconds",
      "From the order's acceptance to the commit of its first trade.",
      [],
    ),
    outboxBacklog: gauge("outbox_backlog", "Commands committed and not yet sent."),
    outboxOldest: gauge("outbox_oldest_seconds", "Age of the oldest command not yet sent."),
    settleBatchSize: new Histogram({
      name: "settle_batch_size",
      help: "Commands settled in one transaction.",
      buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500],
      registers,
    }),
    bookRebuild: gauge("book_rebuild_seconds", "Time the last rebuild of all books took."),
    shardsOwned: gauge("shards_owned", "Shards whose symbols this matcher works."),
    fenced: counter(
      "fenced_total",
      "Times this matcher tried to write for a shard somebody else had taken over.",
      [],
    ),
    ledgerImbalance: gauge("ledger_imbalance", "Assets whose balances differ from their journal."),
    holdDrift: gauge("hold_drift", "Balances whose held part differs from what open orders need."),
    cableConnections: gauge("cable_connections", "Open WebSocket connections."),
    cableConnectionsTotal: counter(
      "cable_connections_total",
      "WebSocket connections accepted.",
      [],
    ),
    feedDelivery: histogram("feed_delivery_seconds", "From commit to the socket's buffer.", []),
  };
};

export type Metrics = ReturnType<typeof createMetrics>;
