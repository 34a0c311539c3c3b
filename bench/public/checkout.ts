import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, realpath, rename, symlink } from "node:fs/promises";
import { join, sep } from "node:path";
import { env } from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));

export const SCENARIOS = ["static", "normal", "swing-25", "swing-40", "flash-crash"] as const;

const GENERATOR = "workload/generator.cpp";
const HASHES = "reference/correctness_hash.txt";
/** The published hashes are of a million new orders drawn with seed 23. */
const COUNT = 1_000_000;
const SEED = 23;
/** The warm-up uses another stream, so that the measured messages are new to the engine. */
const WARM_UP = { scenario: "normal", count: 100_000, seed: 7 };

/** An error that the user can correct, such as a missing compiler. */
export class Unprepared extends Error {
  override readonly name = "Unprepared";
}

/** The input files, all outside the repository, and the hashes that their reports must have. */
export type Workload = {
  readonly folder: string;
  readonly warmUp: string;
  readonly files: Readonly<Record<string, string>>;
  readonly hashes: Readonly<Record<string, string>>;
};

/** Builds the benchmark's own generator and makes its files in a folder outside the repository. */
export const prepare = async (
  checkout: string,
  folder: string,
  scenarios: readonly string[],
): Promise<Workload> => {
  assertCheckout(checkout);
  await mkdir(folder, { recursive: true });
  const outside = await realpath(folder);
  if (`${outside}${sep}`.startsWith(await realpath(REPOSITORY))) {
    throw new Unprepared(`${folder} is inside this repository. Choose another folder with --work.`);
  }
  const generator = await buildGenerator(checkout, outside);
  const make = async (scenario: string, count: number, seed: number): Promise<string> => {
    // The name that the benchmark's own harness looks for.
    const path = join(outside, `orders_${scenario}_s${seed}_n${count}.bin`);
    if (existsSync(path)) return path;
    await run(generator, [scenario, `${path}.part`, String(count), String(seed)]);
    await rename(`${path}.part`, path);
    return path;
  };
  const files: Record<string, string> = {};
  for (const scenario of scenarios) files[scenario] = await make(scenario, COUNT, SEED);
  const warmUp = await make(WARM_UP.scenario, WARM_UP.count, WARM_UP.seed);
  return { folder: outside, warmUp, files, hashes: await publishedHashes(checkout) };
};

const assertCheckout = (checkout: string): void => {
  for (const file of [GENERATOR, HASHES]) {
    if (existsSync(join(checkout, file))) continue;
    throw new Unprepared(
      `${checkout} is not a checkout of flash1-dev/matching-engine-benchmark: ${file} is missing.`,
    );
  }
};

const buildGenerator = async (checkout: string, folder: string): Promise<string> => {
  const compiler = env["CXX"] ?? "c++";
  const target = join(folder, "generator");
  const source = join(checkout, GENERATOR);
  try {
    await run(compiler, ["-O2", "-std=c++17", "-o", target, source]);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      throw new Unprepared(
        `A C++ compiler builds the benchmark's generator, and there is no ${compiler}. ` +
          "Install g++ or clang, or name your compiler in the variable CXX.",
      );
    }
    throw error;
  }
  return target;
};

const publishedHashes = async (checkout: string): Promise<Record<string, string>> => {
  const text = await readFile(join(checkout, HASHES), "utf8");
  const suffix = `_seed${SEED}_count${COUNT}_reports.txt`;
  return Object.fromEntries(
    text
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .flatMap(([hash = "", name = ""]) =>
        name.endsWith(suffix) ? [[name.slice(0, -suffix.length), hash]] : [],
      ),
  );
};

/** One run of a native engine in the benchmark's own harness, in million messages a second. */
export const runHarness = async (
  checkout: string,
  { folder }: Workload,
  library: string,
  scenario: string,
): Promise<number> => {
  const harness = join(checkout, "harness");
  if (!existsSync(harness)) {
    throw new Unprepared(`${harness} is missing. Build it with the benchmark's own make.`);
  }
  const reference = join(folder, "reference");
  if (!existsSync(reference)) await symlink(join(checkout, "reference"), reference);
  const cores = ["--matcher-core", "0", "--drainer-core", "1"];
  const named = ["--engine", library, "--scenario", scenario, "--mode", "perf"];
  const { stdout } = await run(harness, [...named, ...cores], { cwd: folder });
  const speed = /Throughput: +([\d.]+) M/.exec(stdout)?.[1];
  if (speed === undefined || !stdout.includes("Verdict: VALID")) {
    throw new Error(`${library} did not pass ${scenario}:\n${stdout}`);
  }
  return Number(speed);
};
