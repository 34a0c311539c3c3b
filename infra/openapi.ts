import { glob, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Contract } from "../layers/http/contract.ts";
import { describeOperation } from "./openapi-operation.ts";
import { collectSchemas } from "./openapi-schemas.ts";

const ROOT = join(import.meta.dirname, "..");

/** Where the document is; identity serves it at `/openapi.json`. */
export const OPENAPI_FILE = join(ROOT, "docs", "openapi.json");

const isContract = (value: unknown): value is Contract =>
  typeof value === "object" && value !== null && "operationId" in value && "answers" in value;

/** Every contract that a function folder exports: all routes of the API. */
export const readContracts = async (): Promise<readonly Contract[]> => {
  const files = (await Array.fromAsync(glob("functions/*/contract.ts", { cwd: ROOT }))).sort();
  const modules: object[] = [];
  // Imports run one after the other: with many concurrent imports, Node can leave one pending for ever.
  for (const file of files) modules.push(await import(join(ROOT, file)));
  const contracts = modules.flatMap((module) => Object.values(module).filter(isContract));
  if (contracts.length === 0) throw new Error("No function folder exports a contract.");
  return contracts;
};

const TAGS: Readonly<Record<Contract["tag"], string>> = {
  identity: "Sign up, confirm the e-mail address, log in with two factors.",
  cash: "Deposits into the client's cash account.",
  orders: "Place, preview, replace, cancel and read orders.",
  portfolio: "Cash, positions and what changed them.",
  reports: "Statements, trade confirmations, profit and loss, equity.",
  market: "Instruments, order books, trades and candles.",
  admin: "Instruments, halts, limits and kill switches, for operators.",
  operations: "Health and metrics of each instance, and this document.",
};

type Server = { readonly url: string; readonly description: string };

const GATEWAY: Server = {
  url: "http://127.0.0.1:8080",
  description: "the gateway; it needs the header apikey",
};

const SERVICES: Readonly<Record<Contract["tag"], Server>> = {
  identity: { url: "http://127.0.0.1:3100", description: "identity, without the gateway" },
  cash: { url: "http://127.0.0.1:3103", description: "portfolios, without the gateway" },
  orders: { url: "http://127.0.0.1:3101", description: "orders-a, without the gateway" },
  portfolio: { url: "http://127.0.0.1:3103", description: "portfolios, without the gateway" },
  reports: { url: "http://127.0.0.1:3104", description: "reporting, without the gateway" },
  market: { url: "http://127.0.0.1:3105", description: "market-feed, without the gateway" },
  admin: { url: "http://127.0.0.1:3108", description: "admin, without the gateway" },
  operations: { url: "http://127.0.0.1:3100", description: "identity; every service has these" },
};

const serversOf = (tag: Contract["tag"]): readonly Server[] =>
  tag === "operations" ? [SERVICES[tag]] : [GATEWAY, SERVICES[tag]];

const DESCRIPTION = `A brokerage: accounts with two-factor login, cash with double-entry books, and orders that are matched in a
price-time order book.

Money and prices are decimal strings in answers (\`"101.00"\`). In requests they are strings or numbers with at most
four decimals, without a sign or an exponent. Quantities are whole numbers. Times are RFC 3339 in UTC. Unknown and
repeated fields are refused.

Every answer carries \`X-Instance\` and \`X-Correlation-Id\`. An error is a problem (RFC 9457) with a stable \`code\`;
each route lists its own codes. The gateway refuses some requests itself, in a shorter form.`;

const SECURITY = {
  apiKey: {
    type: "apiKey",
    in: "header",
    name: "apikey",
    description: "The key of the gateway. The demo key is `brokerx-key-123`.",
  },
  bearer: {
    type: "http",
    scheme: "bearer",
    description:
      "The token of a login. For a demo client: `npm run --silent token -- demo@brokerx.local`",
  },
  clientKey: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "brx_…",
    description: "A client's API key; each route names the scope it needs. See docs/api-keys.md.",
  },
};

const pathsOf = (contracts: readonly Contract[], schemas: ReturnType<typeof collectSchemas>) => {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const promise of contracts)
    paths[promise.path] = {
      servers: serversOf(promise.tag),
      ...paths[promise.path],
      [promise.method.toLowerCase()]: describeOperation(promise, schemas),
    };
  return Object.fromEntries(Object.entries(paths).sort(([a], [b]) => a.localeCompare(b, "en")));
};

/** Makes the OpenAPI 3.1 document from the schemas that the handlers check requests with. */
const describeApi = (
  contracts: readonly Contract[],
  { version, problemCodes }: { readonly version: string; readonly problemCodes: readonly string[] },
): object => {
  const schemas = collectSchemas(problemCodes);
  const paths = pathsOf(contracts, schemas);
  const tags = [...new Set(contracts.map(({ tag }) => tag))].sort();
  return {
    openapi: "3.1.1",
    info: {
      title: "BrokerX",
      version,
      description: DESCRIPTION,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [GATEWAY],
    tags: tags.map((name) => ({ name, description: TAGS[name] })),
    paths,
    components: { securitySchemes: SECURITY, ...schemas.components() },
  };
};

/** The codes that docs/problems.md lists; a test provokes each of them. */
const readProblemCodes = async (): Promise<readonly string[]> => {
  const page = await readFile(join(ROOT, "docs", "problems.md"), "utf8");
  const codes = [...page.matchAll(/^\| \d{3} \| `([a-z_]+)` \|/gm)].map(([, code = ""]) => code);
  return [...new Set(codes)].sort();
};

/** The text that docs/openapi.json should have. */
export const writeApiText = async (): Promise<string> => {
  const { version } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as {
    readonly version: string;
  };
  const problemCodes = await readProblemCodes();
  const api = describeApi(await readContracts(), { version, problemCodes });
  return `${JSON.stringify(api, undefined, 2)}\n`;
};

if (import.meta.main) {
  await mkdir(dirname(OPENAPI_FILE), { recursive: true });
  await writeFile(OPENAPI_FILE, await writeApiText());
  console.log("docs/openapi.json written");
}
