import { type Page, proseOf } from "./pages.ts";
import type { Route } from "./routes.ts";

/** What exists and must therefore be on a page. */
export type ToDocument = {
  readonly problemCodes: Iterable<string>;
  readonly feedCodes: Iterable<string>;
  /** Codes of wrong fields, in `errors`. */
  readonly fieldCodes: Iterable<string>;
  readonly metrics: Iterable<string>;
  readonly variables: Iterable<string>;
  readonly routes: readonly Route[];
};

const textOf = (pages: readonly Page[], path: string): string =>
  pages.find((page) => page.path === path)?.text ?? "";

const missingIn = (
  pages: readonly Page[],
  path: string,
  { kind, names }: { readonly kind: string; readonly names: Iterable<string> },
): readonly string[] => {
  const text = textOf(pages, path);
  return [...new Set(names)]
    .filter((name) => !text.includes(`\`${name}\``))
    .map((name) => `${path}: the ${kind} ${name} is not documented`);
};

const withoutNames = (path: string): string => path.replaceAll(/\{\w+\}/g, "{}");

/** The paths that a page writes, with `{}` for every parameter. */
const pathsOn = (page: Page): ReadonlySet<string> => {
  const plain = page.text
    .replaceAll(/\$\{?[A-Z]+\}?/g, "{}")
    .replaceAll("{}/api/v1", "/api/v1")
    .replaceAll(/\{}\/(?=instruments|kill_switches|clients)/g, "/admin/")
    .replaceAll(/\/(?:AAPL|IBM)\b/g, "/{}");
  return new Set([...withoutNames(plain).matchAll(/\/[\w{}./-]*/g)].map(([path]) => path));
};

const routeFaults = (pages: readonly Page[], routes: readonly Route[]): readonly string[] =>
  routes.flatMap(({ method, path, page: name }) => {
    const page = pages.find((candidate) => candidate.path === `docs/${name}`);
    const wanted = withoutNames(path);
    const short = wanted.replace("/api/v1", "");
    const paths = page === undefined ? new Set<string>() : pathsOn(page);
    if (paths.has(wanted) || paths.has(short) || paths.has(`/api/v1${short}`)) return [];
    return [`docs/${name}: the route ${method} ${path} is not documented`];
  });

/** Problem codes, codes of the feed, metrics, variables and routes that no page describes. */
export const documentedFaults = (pages: readonly Page[], things: ToDocument): readonly string[] => [
  ...missingIn(pages, "docs/problems.md", { kind: "problem code", names: things.problemCodes }),
  ...missingIn(pages, "docs/problems.md", { kind: "field code", names: things.fieldCodes }),
  ...missingIn(pages, "docs/market-feed.md", { kind: "code", names: things.feedCodes }),
  ...missingIn(pages, "docs/metrics.md", { kind: "metric", names: things.metrics }),
  ...missingIn(pages, "docs/configuration.md", { kind: "variable", names: things.variables }),
  ...routeFaults(pages, things.routes),
];

/** Pages that do not begin with a title and a paragraph that says what they are for. */
export const openingFaults = (pages: readonly Page[]): readonly string[] =>
  pages
    .filter((page) => !/^# .+\n+(?![#|`<-])\S/.test(proseOf(page)))
    .map(({ path }) => `${path}: begins with no title and paragraph that says what it is for`);

/** Words that are hard to understand, or for which the glossary has a better word. */
const UNCLEAR = /\b(?:whoever|somebody|nobody|anybody|everybody|doorbell|rehearsal)\b/gi;
/**
 * Pages that are not checked: decisions are never rewritten, and the page of figures has its own
 * words.
 */
const NOT_READ = /^docs\/(?:decisions\/|performance\.md)/;

/** Words that plain documentation does not need. */
export const wordFaults = (pages: readonly Page[]): readonly string[] =>
  pages
    .filter(({ path }) => !NOT_READ.test(path))
    .flatMap((page) =>
      [...proseOf(page).matchAll(UNCLEAR)].map(
        ([word]) => `${page.path}: say who or what instead of "${word}"`,
      ),
    );
