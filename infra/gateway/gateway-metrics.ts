import { Counter, Gauge, Histogram, Registry } from "prom-client";

// Kong 3.9's own names, labels and buckets, so that one dashboard reads both gateways.
const UPSTREAM_MS = [25, 50, 80, 100, 250, 400, 700, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000];
const KONG_MS = [1, 2, 5, 7, 10, 15, 20, 30, 50, 75, 100, 200, 500, 750, 1_000, 3_000, 6_000];
const STATES = ["healthchecks_off", "healthy", "unhealthy", "dns_error"] as const;

const WORKSPACE = "default";
const SUBSYSTEM = "http";

/** A finished exchange. Without a route, `service` and `route` are empty. */
export type Exchange = {
  readonly service: string;
  readonly route: string;
  readonly code: number;
  /** Kong's words: the response came from a `service`, or from the gateway itself. */
  readonly source: "service" | "kong";
  readonly requestMs: number;
  readonly upstreamMs: number | undefined;
  readonly requestBytes: number;
  readonly responseBytes: number;
};

type Health = { readonly upstream: string; readonly target: string; readonly healthy: boolean };

/**
 * The metrics of the gateway. `sample` is called at each scrape for values that are counted
 * elsewhere.
 */
export const createGatewayMetrics = (sample: {
  readonly health: () => readonly Health[];
  readonly connections: () => { readonly active: number; readonly accepted: number };
}) => {
  const registry = new Registry();
  const registers = [registry];
  const of = ["service", "route", "workspace"];
  const requests = new Counter({
    name: "kong_http_requests_total",
    help: "HTTP status codes per consumer/service/route",
    labelNames: ["service", "route", "code", "source", "workspace", "consumer"],
    registers,
  });
  const latency = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name, help, labelNames: of, buckets, registers });
  const request = latency("kong_request_latency_ms", "Total latency", UPSTREAM_MS);
  const upstream = latency("kong_upstream_latency_ms", "Latency of the service", UPSTREAM_MS);
  const own = latency("kong_kong_latency_ms", "Latency added by the gateway", KONG_MS);
  const bandwidth = new Counter({
    name: "kong_bandwidth_bytes",
    help: "Bytes passed",
    labelNames: ["service", "route", "direction", "workspace", "consumer"],
    registers,
  });
  sampled(registry, sample);

  const observe = (exchange: Exchange): void => {
    const labels = { service: exchange.service, route: exchange.route, workspace: WORKSPACE };
    const { code, source } = exchange;
    requests.inc({ ...labels, code: String(code), source, consumer: "" });
    request.observe(labels, exchange.requestMs);
    if (exchange.upstreamMs !== undefined) upstream.observe(labels, exchange.upstreamMs);
    own.observe(labels, Math.max(0, exchange.requestMs - (exchange.upstreamMs ?? 0)));
    const passed = { ingress: exchange.requestBytes, egress: exchange.responseBytes };
    for (const [direction, bytes] of Object.entries(passed))
      bandwidth.inc({ ...labels, direction, consumer: "" }, bytes);
  };
  return { registry, observe };
};

export type GatewayMetrics = ReturnType<typeof createGatewayMetrics>;

const sampled = (registry: Registry, sample: Parameters<typeof createGatewayMetrics>[0]): void => {
  const registers = [registry];
  new Gauge({
    name: "kong_upstream_target_health",
    help: "Health of each target: 1 for its present state, 0 for each other state",
    labelNames: ["upstream", "target", "address", "state", "subsystem"],
    registers,
    collect() {
      for (const { upstream, target, healthy } of sample.health())
        for (const state of STATES) {
          const labels = { upstream, target, address: target, state, subsystem: SUBSYSTEM };
          this.set(labels, state === (healthy ? "healthy" : "unhealthy") ? 1 : 0);
        }
    },
  });
  new Gauge({
    name: "kong_nginx_connections_total",
    help: "Connections of the proxy port",
    labelNames: ["node_id", "subsystem", "state"],
    registers,
    collect() {
      for (const [state, count] of Object.entries(sample.connections()))
        this.set({ node_id: "development", subsystem: SUBSYSTEM, state }, count);
    },
  });
  new Gauge({
    name: "kong_node_info",
    help: "Which gateway this is",
    labelNames: ["node_id", "version"],
    registers,
  }).set({ node_id: "development", version: "development" }, 1);
};
