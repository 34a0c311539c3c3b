import { existsSync } from "node:fs";
import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { configSchema, keysSchema, tracingSchema } from "../../layers/platform/config/schema.ts";
import { readContracts } from "../openapi.ts";
import type { ToDocument } from "./documented.ts";
import { type KnownNames, namesIn } from "./mentions.ts";
import { allSeries } from "./metrics.ts";
import { readRoutes } from "./routes.ts";

type Source = { readonly path: string; readonly text: string };

const SOURCES = [
  "{functions,layers,matcher,infra,k6,sdk,web,test,bench}/**/*.{ts,tsx,cjs,js,sql,json,sh}",
  "{kong,grafana,infra,k6}/**/*.{yml,json,js}",
  "*.{yml,json}",
  ".github/workflows/*.yml",
  ".ci/*",
  ".env.example",
];
const NOT_OURS = /node_modules|^web\/dist|^sdk\/dist|\/docs\/words\.txt/;

const readSources = async (root: string): Promise<readonly Source[]> => {
  const paths = new Set(await Array.fromAsync(glob(SOURCES, { cwd: root })));
  const sources: Source[] = [];
  for (const path of [...paths].filter((name) => !NOT_OURS.test(name)).sort())
    sources.push({ path, text: await readFile(join(root, path), "utf8") });
  return sources;
};

const isTest = ({ path }: Source): boolean => /\.test\.tsx?$|^(test|bench)\/|testing\//.test(path);

const found = (sources: readonly Source[], pattern: RegExp): ReadonlySet<string> =>
  new Set(
    sources.flatMap(({ text }) => [...text.matchAll(pattern)].map((match) => match[1] ?? "")),
  );

const inFolders = (sources: readonly Source[], folders: RegExp): readonly Source[] =>
  sources.filter((source) => folders.test(source.path) && !isTest(source));

/** Variables that the product itself reads: in code, in Compose and in the k6 scripts. */
const variablesOf = (sources: readonly Source[]): ReadonlySet<string> => {
  const product = inFolders(sources, /^(functions|layers|matcher|infra|web)\//);
  const compose = sources.filter(({ path }) => path === "docker-compose.yml");
  return new Set([
    ...Object.keys({ ...configSchema.shape, ...keysSchema.shape, ...tracingSchema.shape }),
    ...found(product, /\benv(?:\.|\[")([A-Z][A-Z0-9_]+)/g),
    ...found(compose, /\$\{([A-Z_]+)/g),
    ...found(inFolders(sources, /^k6\//), /(?:__ENV\.|env\(")([A-Z0-9_]+)/g),
  ]);
};

const problemCodesOf = async (sources: readonly Source[]): Promise<ReadonlySet<string>> => {
  const http = inFolders(sources, /^(layers\/http|functions)\//).filter(
    ({ path }) => !path.startsWith("functions/market-feed/"),
  );
  return new Set([
    ...(await readContracts()).flatMap(({ problems }) => problems),
    ...found(http, /status: \d{3},\s+code: "([a-z_]+)"/g),
    ...found(http, /(?:malformed|forbidden)\("([a-z_]+)"/g),
  ]);
};

/** The codes in `errors` of a `validation_failed` problem. */
const fieldCodesOf = (sources: readonly Source[]): ReadonlySet<string> => {
  const http = inFolders(sources, /^(layers\/http|functions)\//);
  return new Set([
    ...found(http, /params: \{ code: "([a-z_]+)"/g),
    ...found(http, /path: "[^"]*", code: "([a-z_]+)"/g),
    ...found(inFolders(sources, /^layers\/http\/.*fields\.ts$/), /^\s+"(invalid_[a-z]+)",$/gm),
  ]);
};

/** The names that exist, and those of them that must be documented. */
export const readKnownNames = async (
  root: string,
): Promise<{ readonly known: KnownNames; readonly toDocument: ToDocument }> => {
  const sources = await readSources(root);
  const names = namesIn(sources.map(({ text }) => text).join("\n"));
  const problemCodes = await problemCodesOf(sources);
  const feedCodes = found(inFolders(sources, /^functions\/market-feed\//), /code: "([a-z_]+)"/g);
  const fieldCodes = fieldCodesOf(sources);
  const { scripts } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  const { services, gateway } = allSeries();
  return {
    known: {
      words: new Set(names.words),
      variables: new Set(names.variables),
      problemCodes: new Set([...problemCodes, ...feedCodes]),
      npmScripts: new Set(Object.keys(scripts)),
      exists: (path) => existsSync(join(root, path)),
    },
    toDocument: {
      ...{ problemCodes, feedCodes, fieldCodes },
      metrics: [...services, ...gateway].map(({ name }) => name),
      variables: variablesOf(sources),
      routes: await readRoutes(root),
    },
  };
};
