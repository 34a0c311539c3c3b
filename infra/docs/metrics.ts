import type { Registry } from "prom-client";
import { createMetrics } from "../../layers/platform/metrics.ts";
import { createGatewayMetrics } from "../gateway/gateway-metrics.ts";

type Series = {
  readonly name: string;
  readonly kind: string;
  readonly help: string;
  readonly labels: readonly string[];
};

/** What prom-client keeps of a metric; its types leave the labels out. */
type Kept = { readonly name: string; readonly help: string; readonly labelNames?: string[] };

const seriesOf = (registry: Registry): readonly Series[] =>
  registry.getMetricsAsArray().map((metric) => {
    const { name, help, labelNames = [] } = metric as unknown as Kept;
    return { name, help, labels: labelNames, kind: metric.constructor.name.toLowerCase() };
  });

const isOurs = ({ name }: Series): boolean => !/^(process|nodejs)_/.test(name);

/** Every series that a process of BrokerX may expose, without those of the Node process itself. */
export const allSeries = (): {
  readonly services: readonly Series[];
  readonly gateway: readonly Series[];
} => ({
  services: seriesOf(createMetrics().registry).filter(isOurs),
  gateway: seriesOf(
    createGatewayMetrics({ health: () => [], connections: () => ({ active: 0, accepted: 0 }) })
      .registry,
  ),
});

const table = (series: readonly Series[]): string =>
  [
    "| metric | kind | labels | what |",
    "| --- | --- | --- | --- |",
    ...series.map(({ name, kind, labels, help }) => {
      const listed = labels.map((label) => `\`${label}\``).join(", ");
      return `| \`${name}\` | ${kind} | ${listed} | ${help} |`;
    }),
  ].join("\n");

const INTRODUCTION = `# Metrics

This page is for operators. It lists every metric that a process of BrokerX exposes at \`GET /metrics\`. \`npm run docs\` writes this page from the code.
[Observability](observability.md) says how to collect them and which alerts use them.

Each process also has the metrics of its Node process, \`process_…\` and \`nodejs_…\` (processor time, memory, event loop lag). A histogram
has the series \`_bucket\`, \`_sum\` and \`_count\`. The values of labels come from closed sets: services, routes, symbols, codes.
`;

/** The page docs/metrics.md. */
export const metricsPage = (): string => {
  const { services, gateway } = allSeries();
  return [
    INTRODUCTION,
    `## Services, matcher and feed\n\nA process shows only the series that it counts.\n\n${table(services)}\n`,
    `## Gateway\n\nThe names and labels are those of Kong 3.9, and the development gateway uses them too.\n\n${table(gateway)}\n`,
  ].join("\n");
};
