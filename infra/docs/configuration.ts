import { z } from "zod";
import { configSchema, keysSchema, tracingSchema } from "../../layers/platform/config/schema.ts";
import { OTHER_VARIABLES, type Variable } from "./other-variables.ts";

type Described = { readonly description: string; readonly readBy: string };

const describedBy = (schema: z.ZodType): Described => schema.meta() as Described;

/** The default as it would be written in the environment; undefined for a variable that is required. */
const defaultOf = (schema: z.ZodType): string | undefined => {
  const parsed = schema.safeParse(undefined);
  if (!parsed.success) return undefined;
  if (Array.isArray(parsed.data)) return parsed.data.join(",");
  return parsed.data === undefined ? "" : String(parsed.data);
};

/** The values that are allowed, where the schema limits them by numbers or a list. */
const rangeOf = (schema: z.ZodType): string => {
  const { minimum, maximum, enum: words } = z.toJSONSchema(schema, { unrepresentable: "any" });
  if (words !== undefined) return words.map((word) => `\`${String(word)}\``).join(", ");
  return minimum === undefined || maximum === undefined ? "" : `${minimum} to ${maximum}`;
};

const fromSchema = (shape: Readonly<Record<string, z.ZodType>>): readonly Variable[] =>
  Object.entries(shape).map(([name, schema]) => {
    const { description, readBy } = describedBy(schema);
    const range = rangeOf(schema);
    const meaning = range === "" ? description : `${description} ${range}.`;
    return { name, meaning, readBy, default: defaultOf(schema) };
  });

const shownDefault = (value: string | undefined): string => {
  if (value === undefined) return "**required**";
  return value === "" ? "empty" : `\`${value}\``;
};

const table = (variables: readonly Variable[]): string =>
  [
    "| variable | meaning | default | read by |",
    "| --- | --- | --- | --- |",
    ...variables.map(
      (variable) =>
        `| \`${variable.name}\` | ${variable.meaning} | ${shownDefault(variable.default)} | ${variable.readBy} |`,
    ),
  ].join("\n");

const INTRODUCTION = `# Configuration

This page is for operators. It lists every environment variable that BrokerX reads. \`npm run docs\` writes the first table from the schema that checks the
environment ([config/schema.ts](../layers/platform/config/schema.ts)); the documentation check fails when this page is out of date, or when
the code reads a variable that is not listed here.

On a laptop you need none of them: \`npm start\` sets them for the processes that it starts. In Compose the secrets and a few others are in
\`.env\` (the table [below](#compose-env)), which \`npm run env\` writes. Set any other variable in a file \`docker-compose.override.yml\`, which Compose
reads by itself:

\`\`\`yaml
services:
  orders-a: { environment: { BACKLOG_MAX: 20000 } }
  orders-b: { environment: { BACKLOG_MAX: 20000 } }
\`\`\`

A process refuses to start with a value that it cannot use, and names the variable. \`npm start\` checks the variables of the first table before it starts any process:

\`\`\`text
The configuration is not usable. BACKLOG_MAX must be a whole number from 1 to 1000000.
\`\`\`

*Read by*: \`every\` is every process that uses the database. \`services\` are the HTTP services (identity, orders, portfolios, reporting,
admin, and the HTTP routes of the feed).
`;

/** The configuration reference. */
export const configurationPage = (): string =>
  [
    INTRODUCTION,
    `## Services, matcher, feed and worker\n\n${table(fromSchema({ ...keysSchema.shape, ...configSchema.shape }))}\n`,
    `## Traces\n\nWhat traces show is in [observability](observability.md#traces).\n\n${table([
      ...fromSchema(tracingSchema.shape),
      ...OTHER_VARIABLES.traces,
    ])}\n`,
    `## Laptop mode and single processes\n\n${table(OTHER_VARIABLES.processes)}\n`,
    `## Compose: \`.env\`\n\n\`npm run env\` writes new secrets. Each kind of process has a database role with a password.
\`orders-a\`, \`orders-b\` and \`portfolios\` share \`brokerx_orders\`. The worker uses \`brokerx_scheduler\` and, for mails and the statements at the end of a month, \`brokerx_notifier\`.
\`OTEL_EXPORTER_OTLP_ENDPOINT\`, \`SIMULATOR_MARKET\` and \`SIMULATOR_SEED\` may be in this file too.\n\n${table(OTHER_VARIABLES.compose)}\n`,
    `## Load tests: k6\n\n\`npm run k6 -- <script> -e NAME=value\` passes a variable to a script.\n\n${table(OTHER_VARIABLES.k6)}\n`,
    `## Tests\n\n${table(OTHER_VARIABLES.tests)}\n`,
  ].join("\n");
