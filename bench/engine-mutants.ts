import { spawn } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env, execPath, exit, kill } from "node:process";
import { MUTANTS, type Mutant } from "./engine-mutant-list.ts";

/**
 * Breaks the engine on purpose, one rule at a time, and runs the suites against each broken copy. A
 * mutant that no suite notices is a gap in the suites and makes the run fail. With FIRST=1 a mutant
 * is finished when the first suite has noticed it.
 */
const ROOT = new URL("..", import.meta.url).pathname;
const SUITES = {
  examples: [
    ...["examples-trading", "examples-time-in-force", "examples-rules", "examples-stops", "book"],
    ...["invariants-queue", "invariants-lifecycle", "session"],
  ],
  reference: ["reference.property"],
  laws: ["laws.property", "fuzz.property", "large-book"],
};
const TIMEOUT_MS = 60_000;
const STOPS_AT_FIRST = env["FIRST"] === "1";

/** A copy of the engine that can be changed, with the packages of this work tree. */
const copyEngine = async (): Promise<string> => {
  const copy = await mkdtemp(join(tmpdir(), "brokerx-mutant-"));
  await cp(join(ROOT, "matcher/engine"), join(copy, "matcher/engine"), { recursive: true });
  await cp(join(ROOT, "package.json"), join(copy, "package.json"));
  await symlink(join(ROOT, "node_modules"), join(copy, "node_modules"));
  return copy;
};

/** Applies a mutant; throws unless the text to change occurs exactly once. */
const spoil = async (copy: string, { file, change }: Mutant): Promise<void> => {
  const path = join(copy, "matcher/engine", file);
  let source = await readFile(path, "utf8");
  for (const [from, to] of change) {
    const count = source.split(from).length - 1;
    if (count !== 1) throw new Error(`${file} has ${count} times: ${from}`);
    source = source.replace(from, to);
  }
  await writeFile(path, source);
};

/**
 * Runs a suite and returns whether it passes; a mutant that never ends is killed and counts as
 * failed.
 */
const run = (
  copy: string,
  suites: readonly string[],
): Promise<{ readonly passed: boolean; readonly report: string }> =>
  new Promise((resolve) => {
    const files = suites.map((suite) => join(copy, "matcher/engine", `${suite}.test.ts`));
    const { NODE_TEST_CONTEXT: _, ...own } = env;
    const child = spawn(execPath, ["--test", "--test-reporter=tap", ...files], {
      env: { ...own, ENGINE_RUNS: env["ENGINE_RUNS"] ?? "150" },
      stdio: ["ignore", "pipe", "ignore"],
      detached: true,
    });
    let report = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      report += text;
    });
    const timer = setTimeout(() => {
      if (child.pid !== undefined) kill(-child.pid, "SIGKILL");
    }, TIMEOUT_MS);
    child.on("close", (code) => {
      clearTimeout(timer);
      const passed = code === 0 && /^# pass [1-9]/m.test(report);
      resolve({ passed, report });
    });
  });

const judge = async (mutant: Mutant | undefined): Promise<Record<string, string>> => {
  const copy = await copyEngine();
  try {
    if (mutant !== undefined) await spoil(copy, mutant);
    const row: Record<string, string> = { mutant: mutant?.name ?? "none" };
    for (const [name, suites] of Object.entries(SUITES)) {
      const { passed, report } = await run(copy, suites);
      row[name] = passed ? "" : "caught";
      if (!passed && mutant === undefined) console.error(report);
      if (!passed && STOPS_AT_FIRST) break;
    }
    return row;
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
};

const sound = await judge(undefined);
if (Object.values(sound).includes("caught")) {
  console.error("The suites fail on the engine as it is:", sound);
  exit(1);
}
const rows: Record<string, string>[] = [];
for (const mutant of MUTANTS) rows.push(await judge(mutant));
console.table(rows);
const escaped = rows.filter((row) => !Object.values(row).includes("caught"));
console.log(`${rows.length - escaped.length} of ${rows.length} mutants caught.`);
if (rows.length === 0 || escaped.length > 0) exit(1);
