import { blocksOf, codeSpansOf, type Page, proseOf } from "./pages.ts";

/** The names in the code, so that a page cannot mention a removed name. */
export type KnownNames = {
  /** `snake_case` words: fields, codes, metrics, tables, columns. */
  readonly words: ReadonlySet<string>;
  /** `UPPER_CASE` words: environment variables. */
  readonly variables: ReadonlySet<string>;
  readonly problemCodes: ReadonlySet<string>;
  readonly npmScripts: ReadonlySet<string>;
  readonly exists: (path: string) => boolean;
};

const WORD = /(?<![\w-])[a-z][a-z0-9]*(?:_[a-z0-9]+)+(?![\w-])/g;
const VARIABLE = /(?<![\w-])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?![\w-])/g;
const PATH =
  /^(?:functions|layers|matcher|infra|kong|grafana|k6|web|sdk|docs|test|bench)\/[\w./-]*$/;
const NPM_SCRIPT = /npm run (?:--silent )?([\w:-]+)/g;
const STATUS_AND_CODE = /\b(?:4\d\d|500|503) `([a-z_]+)`/g;
/** Names of other programs. */
const FOREIGN = new Set([
  ...["pg_dump", "pg_dumpall", "pg_restore", "pg_upgrade", "pg_basebackup", "smaps_rollup"],
  ...["KONG_TRUSTED_IPS", "KONG_REAL_IP_HEADER", "KONG_REAL_IP_RECURSIVE"],
]);
/** Written by a build, so not in the repository. */
const BUILT = ["web/dist", "sdk/dist"];

export const namesIn = (
  text: string,
): { words: Iterable<string>; variables: Iterable<string> } => ({
  words: [...text.matchAll(WORD)].map(([word]) => word),
  variables: [...text.matchAll(VARIABLE)].map(([variable]) => variable),
});

const unknown = (
  names: Iterable<string>,
  known: ReadonlySet<string>,
  say: (name: string) => string,
): readonly string[] =>
  [...new Set(names)].filter((name) => !known.has(name) && !FOREIGN.has(name)).map(say);

/** A decision may mention names that later decisions removed. */
const isHistory = ({ path }: Page): boolean => path.startsWith("docs/decisions/");

const faultsIn = (page: Page, known: KnownNames): readonly string[] => {
  const spans = codeSpansOf(page);
  const { words, variables } = namesIn([...spans, ...blocksOf(page, "json")].join("\n"));
  const prose = proseOf(page);
  const codes = [...prose.matchAll(STATUS_AND_CODE)].map(([, code = ""]) => code);
  const scripts = [...page.text.matchAll(NPM_SCRIPT)].map(([, script = ""]) => script);
  const missing = spans.filter(
    (span) =>
      PATH.test(span) && !BUILT.some((built) => span.startsWith(built)) && !known.exists(span),
  );
  return [
    ...unknown(isHistory(page) ? [] : words, known.words, (word) => `the code has no name ${word}`),
    ...unknown(variables, known.variables, (name) => `the code reads no variable ${name}`),
    ...unknown(codes, known.problemCodes, (code) => `there is no problem code ${code}`),
    ...unknown(scripts, known.npmScripts, (script) => `package.json has no script ${script}`),
    ...missing.map((path) => `there is no ${path}`),
  ];
};

/** Names on the pages that nothing in the repository has. */
export const mentionFaults = (pages: readonly Page[], known: KnownNames): readonly string[] =>
  pages.flatMap((page) => faultsIn(page, known).map((fault) => `${page.path}: ${fault}`));
