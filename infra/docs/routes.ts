import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { type Contract, scopeOf } from "../../layers/http/contract.ts";
import { readContracts } from "../openapi.ts";

export type Route = {
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  /** The folder of its handler in functions/. */
  readonly folder: string;
  /** What a caller needs: a scope of API keys, or a token of a person. */
  readonly needs: string;
  /** The page in docs/ that describes it. */
  readonly page: string;
};

/** The page that describes the routes with this prefix. The first match is used. */
const PAGES: readonly (readonly [prefix: string, page: string])[] = [
  ["/api/v1/admin/clients/{client_id}/limits", "operations.md"],
  ["/api/v1/admin/clients", "operators.md"],
  ["/api/v1/admin/adjustments", "operators.md"],
  ["/api/v1/admin/trial_balance", "operators.md"],
  ["/api/v1/admin", "operations.md"],
  ["/api/v1/api_keys", "api-keys.md"],
  ["/api/v1/auth", "authentication.md"],
  ["/api/v1/clients", "authentication.md"],
  ["/api/v1/deposits", "transfers.md"],
  ["/api/v1/withdrawals", "transfers.md"],
  ["/api/v1/instruments", "market-feed.md"],
  ["/api/v1/market", "market-feed.md"],
  ["/api/v1/orders", "orders.md"],
  ["/api/v1/portfolio", "portfolio.md"],
  ["/api/v1/activities", "portfolio.md"],
  ["/api/v1/reports", "reports.md"],
  ["/docs", "README.md"],
  ["/openapi.json", "README.md"],
  ["/health", "observability.md"],
  ["/metrics", "observability.md"],
  ["/.well-known", "authentication.md"],
];

const serverlessFile = z.object({
  custom: z.object({
    services: z.record(
      z.string(),
      z.record(
        z.string(),
        z.object({
          handler: z.string(),
          events: z.array(z.record(z.string(), z.unknown())).default([]),
        }),
      ),
    ),
  }),
});

/** Which folder handles a route, by `GET /path`. */
const foldersByRoute = (yaml: string): ReadonlyMap<string, string> => {
  const { services } = serverlessFile.parse(parse(yaml)).custom;
  const functions = Object.values(services).flatMap((service) => Object.values(service));
  return new Map(
    functions.flatMap(({ handler, events }) => {
      const [, folder = ""] = /functions\/(.+)\/handler\./.exec(handler) ?? [];
      return events.map(({ httpApi }) => [String(httpApi), folder] as const);
    }),
  );
};

const pageOf = (path: string): string => {
  const found = PAGES.find(([prefix]) => path.startsWith(prefix));
  if (found === undefined)
    throw new Error(`No page of docs/ describes ${path}: infra/docs/routes.ts`);
  return found[1];
};

const needsOf = (contract: Contract): string => {
  if (contract.access === "public") return "";
  if (contract.access === "admin") return "role `admin`";
  if (contract.stepUp === true) return "step-up";
  const scope = scopeOf(contract);
  return scope === "person" ? "token" : `token, or key with \`${scope}\``;
};

const routeOf = (contract: Contract, folders: ReadonlyMap<string, string>): Route => {
  const { method, path, summary } = contract;
  const needs = needsOf(contract);
  const folder = folders.get(`${method} ${path}`);
  if (folder === undefined) throw new Error(`serverless.yml has no function for ${method} ${path}`);
  return { method, path, summary, folder, needs, page: pageOf(path) };
};

/** Every route of the API, as its contract and serverless.yml say. */
export const readRoutes = async (root: string): Promise<readonly Route[]> => {
  const folders = foldersByRoute(await readFile(join(root, "serverless.yml"), "utf8"));
  const contracts = await readContracts();
  return contracts
    .map((contract) => routeOf(contract, folders))
    .sort((a, b) => `${a.path} ${a.method}`.localeCompare(`${b.path} ${b.method}`, "en"));
};

const INTRODUCTION = `# Routes

This page is for client developers. It lists every route of the HTTP API. For contributors, it names the folder of the handler of each route. \`npm run docs\` writes this page from the
handlers' contracts and \`serverless.yml\`. Bodies, answers and problem codes are in [openapi.json](openapi.json), which
http://127.0.0.1:3100/docs shows with examples to try.

*Needs*: what the caller must send in \`Authorization\`. If the cell is empty, nothing is needed there. *Token*: an [access token](authentication.md). *Key with*: an
[API key](api-keys.md) with this scope is also accepted. *Step-up*: a token of a login or
[step-up](authentication.md#a-step-up) in the last five minutes. *Role \`admin\`*: an access token of an operator; API keys are refused. Behind the gateway every request
to \`/api/v1\` also needs the header \`apikey\` ([gateway](gateway.md)).
`;

/** The page docs/routes.md. */
export const routesPage = (routes: readonly Route[]): string => {
  const rows = routes.map(
    ({ method, path, summary, folder, needs, page }) =>
      `| \`${method} ${path}\` | ${summary} | ${needs} | [${page.replace(".md", "")}](${page}) | [${folder}](../functions/${folder}) |`,
  );
  const head = [
    "| route | what | needs | described in | handler |",
    "| --- | --- | --- | --- | --- |",
  ];
  return [INTRODUCTION, ...head, ...rows, ""].join("\n");
};
