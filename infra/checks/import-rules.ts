import { dirname, join, normalize } from "node:path";

/** A source file; its path starts at the root of the repository. */
export type SourceFile = { readonly path: string; readonly text: string };

type Rule = {
  readonly from: string;
  /** Folders and files it may import; `own` is the importing file's folder of the second level. */
  readonly may: readonly string[];
  /** Whether it may import npm packages and Node's own modules. */
  readonly packages: boolean;
};

const LAYERS_BELOW_HTTP = ["domain", "platform", "store", "queue", "representation"].map(
  (name) => `layers/${name}/`,
);

/** The table of docs/architecture.md. The first rule that matches a file applies. */
const RULES: readonly Rule[] = [
  { from: "layers/domain/", may: ["layers/domain/"], packages: false },
  { from: "matcher/engine/", may: ["matcher/engine/"], packages: false },
  { from: "layers/platform/", may: ["layers/platform/"], packages: true },
  {
    from: "layers/store/",
    may: ["layers/store/", "layers/domain/", "layers/platform/"],
    packages: true,
  },
  {
    from: "layers/queue/",
    may: ["layers/queue/", "layers/domain/", "layers/platform/"],
    packages: true,
  },
  {
    from: "layers/representation/",
    may: ["layers/representation/", "layers/domain/"],
    packages: true,
  },
  { from: "layers/http/", may: ["layers/http/", ...LAYERS_BELOW_HTTP], packages: true },
  { from: "layers/", may: ["layers/"], packages: true },
  { from: "functions/", may: ["own", "layers/"], packages: true },
  {
    from: "matcher/",
    may: ["matcher/", ...LAYERS_BELOW_HTTP, "layers/runtime.ts"],
    packages: true,
  },
  { from: "infra/", may: ["infra/", "layers/", "functions/", "matcher/"], packages: true },
  { from: "sdk/", may: ["sdk/"], packages: true },
  { from: "web/", may: ["web/", "sdk/"], packages: true },
  { from: "docs/examples/", may: ["sdk/"], packages: true },
  { from: "test/", may: [""], packages: true },
  { from: "bench/", may: [""], packages: true },
];

/** What a test may import in addition: the folder it tests, test support and reference data. */
const TESTS_MAY = ["own", "layers/testing/", "layers/"];

const RUNTIME = "layers/runtime.ts";
const RUNTIME_USERS = /(^|\/)(handler|main)\.ts$/;
const FOLDER_FILES_MAX = 20;

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s[^;]*?from\s+"([^"]+)"|import\(\s*"([^"]+)"\s*\)|(?:^|\n)\s*import\s+"([^"]+)"/g;

const isTest = (path: string): boolean => /\.test\.tsx?$/.test(path);

const specifiersOf = ({ text }: SourceFile): readonly string[] =>
  [...text.matchAll(IMPORT)].map((match) => match[1] ?? match[2] ?? match[3] ?? "");

const resolve = (path: string, specifier: string): string =>
  normalize(join(dirname(path), specifier));

/** A line for each violation; empty when there is none. */
export const faultsOf = (files: readonly SourceFile[]): readonly string[] => [
  ...files.flatMap(tableFaults),
  ...cycles(files).map((cycle) => `Files import each other in a circle: ${cycle.join(" → ")}`),
  ...crowdedFolders(files),
];

const tableFaults = (file: SourceFile): readonly string[] => {
  const { path } = file;
  const rule = RULES.find(({ from }) => path.startsWith(from));
  if (rule === undefined) return [`${path}: no rule covers this folder`];
  const own = `${path.split("/").slice(0, 2).join("/")}/`;
  const may = [...rule.may, ...(isTest(path) ? TESTS_MAY : [])].map((prefix) =>
    prefix === "own" ? own : prefix,
  );
  return specifiersOf(file).flatMap((specifier) => {
    if (!specifier.startsWith("."))
      return rule.packages || isTest(path) ? [] : [`${path}: imports the package ${specifier}`];
    const target = resolve(path, specifier);
    if (target === RUNTIME && !RUNTIME_USERS.test(path))
      return [`${path}: only handler.ts and main.ts import the runtime`];
    return may.some((prefix) => target.startsWith(prefix)) ? [] : [`${path}: imports ${target}`];
  });
};

/** Each cycle of imports once, from its first file back to it. Types count as well as values. */
const cycles = (files: readonly SourceFile[]): readonly (readonly string[])[] => {
  const known = new Set(files.map(({ path }) => path));
  const imports = new Map(
    files.map((file) => [
      file.path,
      specifiersOf(file)
        .map((specifier) => resolve(file.path, specifier))
        .filter((target) => known.has(target)),
    ]),
  );
  const done = new Set<string>();
  const found: (readonly string[])[] = [];
  const visit = (path: string, way: readonly string[]): void => {
    const start = way.indexOf(path);
    if (start >= 0) found.push([...way.slice(start), path]);
    if (start >= 0 || done.has(path)) return;
    for (const target of imports.get(path) ?? []) visit(target, [...way, path]);
    done.add(path);
  };
  for (const { path } of files) visit(path, []);
  return found;
};

const crowdedFolders = (files: readonly SourceFile[]): readonly string[] => {
  const sources = files.filter(({ path }) => !isTest(path));
  return [...Map.groupBy(sources, ({ path }) => dirname(path))]
    .filter(([, inside]) => inside.length > FOLDER_FILES_MAX)
    .map(
      ([folder, inside]) =>
        `${folder}: ${inside.length} source files; divide folders of more than ${FOLDER_FILES_MAX}`,
    );
};
