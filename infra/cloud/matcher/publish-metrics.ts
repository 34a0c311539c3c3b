import type { Registry } from "prom-client";

/** The alarms watch these. */
const PUBLISHED = [
  "ledger_imbalance",
  "hold_drift",
  "outbox_oldest_seconds",
  "matching_queue_size",
  "shards_owned",
  "symbols_halted_by_error",
];
const EVERY_MS = 60_000;

/**
 * Prints the metrics once a minute as a line of the log in CloudWatch's embedded metric format, from
 * which CloudWatch makes metrics without any further call.
 */
export const publishMetrics = (
  registry: Registry,
  namespace: string,
  print: (line: string) => void = console.log,
): NodeJS.Timeout => {
  const publish = async (): Promise<void> => print(await embeddedMetrics(registry, namespace));
  return setInterval(() => void publish(), EVERY_MS).unref();
};

/** The line: the metrics' values, and which of its members are metrics. */
const embeddedMetrics = async (registry: Registry, namespace: string): Promise<string> => {
  const metrics = await registry.getMetricsAsJSON();
  const values = metrics.flatMap(({ name, values: [first] }) =>
    PUBLISHED.includes(name) && first !== undefined ? [[name, first.value] as const] : [],
  );
  const described = values.map(([name]) => ({ Name: name }));
  return JSON.stringify({
    _aws: {
      Timestamp: Date.now(),
      CloudWatchMetrics: [{ Namespace: namespace, Dimensions: [[]], Metrics: described }],
    },
    ...Object.fromEntries(values),
  });
};
