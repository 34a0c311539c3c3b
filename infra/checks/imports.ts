import { glob, readFile } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";

// Who may import whom. Run by `npm run lint`; fails when a file breaks the table, and when it saw no
// files at all.

type Rule = { readonly from: string; readonly may: readonly string[]; readonly packages: boolean };

/** First match wins. `own` stands for the importing file's own second-level folder. */
const RULES: readonly Rule[] = [
  { from: "layers/domain/", may: ["layers/domain/"], packages: false },
  { from: "matcher/engine/", may: ["matcher/engine/", "layers/domain/"], packages: false },
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
    from: "layers/http/",
    may: [
      "layers/http/",
      "layers/domain/",
      "layers/platform/",
      "layers/representation/",
      "layers/store/identity/",
      "layers/store/ledger/idempotency.ts",
      "layers/store/pg/database.ts",
    ],
    packages: true,
  },
  {
    from: "layers/representation/",
    may: ["layers/representation/", "layers/domain/"],
    packages: true,
  },
  { from: "layers/testing/", may: ["layers/", "infra/"], packages: true },
  { from: "layers/", may: ["layers/"], packages: true },
  { from: "functions/", may: ["own", "layers/"], packages: true },
  {
    from: "matcher/",
    may: [
      "matcher/",
      "layers/domain/",
      "layers/platform/",
      "layers/store/",
      "layers/queue/",
      "layers/runtime.ts",
    ],
    packages: true,
  },
  { from: "infra/", may: ["infra/", "layers/", "functions/"], packages: true },
  { from: "sdk/", may: ["sdk/"], packages: true },
  { from: "web/", may: ["web/", "sdk/"], packages: true },
  { from: "test/", may: [""], packages: true },
  { from: "bench/", may: [""], packages: true },
];

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s[^;]*?from\s+"([^"]+)"|import\(\s*"([^"]+)"\s*\)|(?:^|\n)\s*import\s+"([^"]+)"/g;
const RUNTIME_USERS = /(^|\/)(handler|main)\.ts$/;
/** The main of a process is a composition root: it may serve handlers of other folders. */
const SERVED = /^functions\/[\w-]+\/(handler|contract)\.ts$/;

const isTest = (file: string): boolean => /\.test\.ts$/.test(file);

const faultsOf = (file: string, source: string): readonly string[] => {
  const rule = RULES.find(({ from }) => file.startsWith(from));
  if (rule === undefined) return [`${file}: no rule covers this folder`];
  const own = `${file.split("/").slice(0, 2).join("/")}/`;
  return [...source.matchAll(IMPORT)].flatMap((match) => {
    const target = match[1] ?? match[2] ?? match[3] ?? "";
    if (!target.startsWith("."))
      return rule.packages || isTest(file) ? [] : [`${file}: imports the package ${target}`];
    const path = normalize(join(dirname(file), target));
    if (path === "layers/runtime.ts" && !RUNTIME_USERS.test(file))
      return [`${file}: only handler.ts and main.ts import the runtime`];
    if (isTest(file) && (path.startsWith("layers/testing/") || path.startsWith(own))) return [];
    if (file === "functions/market-feed/main.ts" && SERVED.test(path)) return [];
    const allowed = rule.may.some((prefix) => path.startsWith(prefix === "own" ? own : prefix));
    return allowed ? [] : [`${file}: imports ${path}`];
  });
};

const main = async (): Promise<void> => {
  const files = await Array.fromAsync(
    glob("{layers,functions,matcher,infra,sdk,web/src,test,bench}/**/*.{ts,tsx}"),
  );
  if (files.length === 0) throw new Error("The import check saw no files.");
  const faults = await Promise.all(
    files.map(async (file) => faultsOf(file, await readFile(file, "utf8"))),
  );
  const found = faults.flat();
  for (const fault of found) console.error(fault);
  console.log(`${files.length} files checked, ${found.length} imports refused`);
  process.exitCode = found.length === 0 ? 0 : 1;
};

await main();
