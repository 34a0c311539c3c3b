import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { env, execPath } from "node:process";
import { promisify } from "node:util";
import { RUNNERS } from "./engine-runners.ts";
import { SHAPES, type Shape } from "./engine-stream.ts";

/**
 * The engine against nodejs-order-book on the same seeded streams. First the executed quantities
 * are compared operation by operation; then the contestants alternate, each in a new process. A
 * short run of some shapes: REPETITIONS=1 ONLY=0,2 node bench/engine.ts
 */
const REPETITIONS = Number(env["REPETITIONS"] ?? 5);
const SEED = Number(env["SEED"] ?? 1);
const ONLY = env["ONLY"]?.split(",").map(Number) ?? [...SHAPES.keys()];

const ONCE = new URL("./engine-once.ts", import.meta.url).pathname;
const COMPARE = RUNNERS.length;

const once = async (shape: number, runner: number, seed: number): Promise<number> => {
  const variables = { SHAPE: String(shape), RUNNER: String(runner), SEED: String(seed) };
  const { stdout } = await promisify(execFile)(execPath, [ONCE], { env: { ...env, ...variables } });
  return Number(stdout);
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const rounded = (value: number): number => Math.round(value * 10) / 10;

const measureShape = async (shape: Shape, at: number): Promise<Record<string, unknown>> => {
  await once(at, COMPARE, SEED);
  const times: number[][] = RUNNERS.map(() => []);
  for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
    for (const [runner] of RUNNERS.entries()) {
      times[runner]?.push(await once(at, runner, SEED + repetition));
    }
  }
  const [ours = [], objects = [], theirs = []] = times;
  const ratios = ours.map((time, index) => (theirs[index] ?? Number.NaN) / time);
  return {
    "resting orders": shape.name,
    "engine ns": Math.round(median(ours)),
    "with objects ns": Math.round(median(objects)),
    "rival ns": Math.round(median(theirs)),
    ratio: rounded(median(ratios)),
    from: rounded(Math.min(...ratios)),
    to: rounded(Math.max(...ratios)),
    "with objects": rounded(median(theirs) / median(objects)),
  };
};

const rows: Record<string, unknown>[] = [];
for (const [at, shape] of SHAPES.entries()) {
  if (ONLY.includes(at)) rows.push(await measureShape(shape, at));
}
console.log(`${cpus()[0]?.model}, Node ${process.version}, ${REPETITIONS} repetitions`);
console.table(rows);
const { RESULTS } = env;
if (RESULTS !== undefined) await writeFile(RESULTS, `${JSON.stringify(rows, null, 2)}\n`);
