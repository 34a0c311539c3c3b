import { glob, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Contract } from "../layers/http/contract.ts";
import { describeOperation } from "./openapi-operation.ts";
import { collectSchemas } from "./openapi-schemas.ts";

const ROOT = join(import.meta.dirname, "..");

/** Where the document lives; the service that answers `/openapi.json` bundles it. */
export const OPENAPI_FILE = join(ROOT, "docs", "openapi.json");

const isContract = (value: unknown): value is Contract =>
  typeof value === "object" && value !== null && "operationId" in value && "answers" in value;

/** Every contract a function folder exports: the routes there are. */
export const readContracts = async (): Promise<readonly Contract[]> => {
  const files = (await Array.fromAsync(glob("functions/*/contract.ts", { cwd: ROOT }))).sort();
  const modules: readonly object[] = await Promise.all(
    files.map((file) => import(join(ROOT, file))),
  );
  const contracts = modules.flatMap((module) => Object.values(module).filter(isContract));
  if (contracts.length === 0) throw new Error("No function folder exports a contract.");
  return contracts;
};

const TAGS: Readonly<Record<Contract["tag"], string>> = {
  identity: "Sign up, confirm the e-mail, log in with two factors.",
  cash: "Deposits into the client's cash account.",
  orders: "Place, read and cancel orders.",
  portfolio: "Cash and positions.",
  market: "Market data.",
  admin: "Instruments, halts, limits and kill switches, for administrators.",
  operations: "Health and metrics of each instance.",
};

const SERVERS: Readonly<Record<Contract["tag"], { readonly url: string; readonly name: string }>> =
  {
    identity: { url: "http://127.0.0.1:3100", name: "identity" },
    cash: { url: "http://127.0.0.1:3103", name: "portfolios" },
    orders: { url: "http://127.0.0.1:3101", name: "orders-a" },
    portfolio: { url: "http://127.0.0.1:3103", name: "portfolios" },
    market: { url: "http://127.0.0.1:3105", name: "market-feed" },
    admin: { url: "http://127.0.0.1:3108", name: "admin" },
    operations: { url: "http://127.0.0.1:3100", name: "identity, and every other service" },
  };

const DESCRIPTION = `A brokerage: accounts with two-factor login, cash with double-entry books, orders that match in a
price-time order book.

Money and prices leave as decimal strings (\`"101.00"\`) and come in as strings or numbers with at most four
decimals, never with a sign or an exponent. Quantities are whole numbers, times RFC 3339 in UTC. Unknown and
repeated fields are refused.

Every answer carries \`X-Instance\` and \`X-Correlation-Id\`. What goes wrong is a problem (RFC 9457) with a stable
\`code\`; each route lists the codes of its own.`;

const pathsOf = (contracts: readonly Contract[], schemas: ReturnType<typeof collectSchemas>) => {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const promise of contracts) {
    const { url, name } = SERVERS[promise.tag];
    paths[promise.path] = {
      servers: [{ url, description: `${name}, on a laptop` }],
      ...paths[promise.path],
      [promise.method.toLowerCase()]: describeOperation(promise, schemas),
    };
  }
  return Object.fromEntries(Object.entries(paths).sort(([a], [b]) => a.localeCompare(b, "en")));
};

/** The OpenAPI 3.1 document of these contracts: the same schemas that refuse bad requests. */
export const describeApi = (contracts: readonly Contract[], version: string): object => {
  const schemas = collectSchemas();
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
    servers: [{ url: "http://127.0.0.1:3100", description: "a laptop" }],
    tags: tags.map((name) => ({ name, description: TAGS[name] })),
    paths,
    components: {
      securitySchemes: { bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
      ...schemas.components(),
    },
  };
};

/** The document as it should be on disk. */
export const writeApiText = async (): Promise<string> => {
  const { version } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as {
    readonly version: string;
  };
  return `${JSON.stringify(describeApi(await readContracts(), version), undefined, 2)}\n`;
};

if (import.meta.main) {
  await mkdir(dirname(OPENAPI_FILE), { recursive: true });
  await writeFile(OPENAPI_FILE, await writeApiText());
  console.log("docs/openapi.json written");
}
