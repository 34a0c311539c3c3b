import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { argv, execPath } from "node:process";
import { parseArgs, promisify } from "node:util";
import { prepare, runHarness, SCENARIOS, Unprepared, type Workload } from "./public/checkout.ts";
import type { Run } from "./public/once.ts";

/**
 * The engine in the public benchmark of matching engines. Every run must reproduce the published hash of
 * all reports. Contestants take turns; the report gives the median of each scenario and the worst of the
 * five medians, as the benchmark does it.
 */
const USAGE = `usage: npm run bench:engine:public -- <checkout> [options]

  <checkout>          a checkout of flash1-dev/matching-engine-benchmark
  --repetitions <n>   runs of each scenario (10)
  --slow <n>          runs of each scenario for nodejs-order-book, which takes minutes (1; 0 leaves it out)
  --scenario <name>   one of ${SCENARIOS.join(", ")}; may be repeated (all)
  --library <file>    an adapter built in the checkout, run in its harness; may be repeated
  --work <folder>     where the files of the scenarios are kept, outside the repository
  --json <file>       where to write the figures as JSON`;

const ONCE = new URL("./public/once.ts", import.meta.url).pathname;
const SLOW = "nodejs-order-book";

type Options = {
  readonly checkout: string;
  readonly repetitions: number;
  readonly slow: number;
  readonly scenarios: readonly string[];
  readonly libraries: readonly string[];
  readonly work: string;
  readonly json: string | undefined;
};

const readOptions = (): Options => {
  const { positionals, values } = parseArgs({
    args: argv.slice(2),
    allowPositionals: true,
    options: {
      repetitions: { type: "string", default: "10" },
      slow: { type: "string", default: "1" },
      scenario: { type: "string", multiple: true, default: [...SCENARIOS] },
      library: { type: "string", multiple: true, default: [] },
      work: { type: "string", default: join(tmpdir(), "brokerx-public-benchmark") },
      json: { type: "string" },
    },
  });
  const [checkout] = positionals;
  if (checkout === undefined || positionals.length > 1) throw new Unprepared(USAGE);
  const unknown = values.scenario.find((name) => !SCENARIOS.some((known) => known === name));
  if (unknown !== undefined) throw new Unprepared(`There is no scenario ${unknown}.\n\n${USAGE}`);
  return {
    checkout: resolve(checkout),
    repetitions: Number(values.repetitions),
    slow: Number(values.slow),
    scenarios: values.scenario,
    libraries: values.library.map((path) => resolve(path)),
    work: resolve(values.work),
    json: values.json,
  };
};

/** One run: million messages a second of wall time and, in this process only, of processor time. */
type Speed = { readonly wall: number; readonly cpu: number | undefined };

type Contestant = {
  readonly name: string;
  readonly repetitions: number;
  readonly run: (scenario: string) => Promise<Speed>;
};

/**
 * V8 compiles the calls of a function into it up to a budget, and an order passes through more of the
 * engine's small functions than the default budget covers.
 */
const INLINING = [
  "--max-inlined-bytecode-size-cumulative=4000",
  "--max-inlined-bytecode-size=1500",
];

const runHere = async (
  workload: Workload,
  name: string,
  scenario: string,
  flags: readonly string[],
): Promise<Speed> => {
  const args = [...flags, ONCE, name, workload.warmUp, workload.files[scenario] ?? ""];
  const { stdout } = await promisify(execFile)(execPath, args);
  const { messages, wallMs, cpuMs, sha256 }: Run = JSON.parse(stdout);
  const expected = workload.hashes[scenario];
  if (sha256 !== expected) {
    throw new Error(`${name}, ${scenario}: the reports hash to ${sha256}, not to ${expected}`);
  }
  return { wall: messages / wallMs / 1_000, cpu: messages / cpuMs / 1_000 };
};

const contestantsOf = (options: Options, workload: Workload): readonly Contestant[] => {
  const here = (name: string, repetitions: number, flags: readonly string[] = []): Contestant => ({
    name: flags.length === 0 ? name : `${name}, more inlining`,
    repetitions,
    run: (scenario) => runHere(workload, name, scenario, flags),
  });
  const native = options.libraries.map((library): Contestant => {
    const name = basename(library).replace(/(_adapter)?\.\w+$/, "");
    const run = async (scenario: string): Promise<Speed> => ({
      wall: await runHarness(options.checkout, workload, library, scenario),
      cpu: undefined,
    });
    return { name, repetitions: options.repetitions, run };
  });
  const { repetitions, slow } = options;
  const engines = [here("engine", repetitions), here("engine", repetitions, INLINING)];
  return [...engines, here("session", repetitions), here(SLOW, slow), ...native];
};

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[sorted.length >> 1] ?? Number.NaN;
  const lower = sorted[(sorted.length - 1) >> 1] ?? Number.NaN;
  return (upper + lower) / 2;
};

type Row = {
  readonly name: string;
  readonly runs: Readonly<Record<string, readonly Speed[]>>;
};

/** Runs all contestants in turns, scenario by scenario. */
const measure = async (options: Options, workload: Workload): Promise<readonly Row[]> => {
  const contestants = contestantsOf(options, workload).filter(({ repetitions }) => repetitions > 0);
  const rows = contestants.map(({ name }) => ({ name, runs: {} as Record<string, Speed[]> }));
  for (const scenario of options.scenarios) {
    for (let turn = 0; turn < options.repetitions; turn += 1) {
      for (const [at, contestant] of contestants.entries()) {
        if (turn >= contestant.repetitions) continue;
        const runs = rows[at]?.runs ?? {};
        runs[scenario] = [...(runs[scenario] ?? []), await contestant.run(scenario)];
      }
    }
  }
  return rows;
};

/** Returns an empty text when there is no figure, so that the table has an empty cell. */
const rounded = (value: number): number | string =>
  Number.isFinite(value) ? Math.round(value * 100) / 100 : "";

const worstOf = ({ runs }: Row, pick: (speed: Speed) => number | undefined): number =>
  Math.min(...Object.values(runs).map((speeds) => median(speeds.map((run) => pick(run) ?? NaN))));

const tableOf = (rows: readonly Row[]): readonly Record<string, unknown>[] => {
  const [ours] = rows;
  return rows.map((row) => ({
    contestant: row.name,
    ...Object.fromEntries(
      Object.entries(row.runs).map(([scenario, speeds]) => [
        scenario,
        rounded(median(speeds.map(({ wall }) => wall))),
      ]),
    ),
    worst: rounded(worstOf(row, ({ wall }) => wall)),
    "worst, CPU": rounded(worstOf(row, ({ cpu }) => cpu)),
    "engine is … times":
      ours === undefined
        ? NaN
        : rounded(worstOf(ours, ({ wall }) => wall) / worstOf(row, ({ wall }) => wall)),
  }));
};

const main = async (): Promise<void> => {
  const options = readOptions();
  const workload = await prepare(options.checkout, options.work, options.scenarios);
  const rows = await measure(options, workload);
  console.log(`${cpus()[0]?.model}, Node ${process.version}, million messages a second`);
  console.table(tableOf(rows));
  console.log("Every run reproduced the published hash of its scenario.");
  const { json } = options;
  const figures = { machine: cpus()[0]?.model, node: process.version, rows };
  if (json !== undefined) await writeFile(json, `${JSON.stringify(figures, null, 2)}\n`);
};

try {
  await main();
} catch (error) {
  if (!(error instanceof Unprepared)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
