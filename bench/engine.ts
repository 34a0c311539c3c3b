import { writeFile } from "node:fs/promises";
import { cpuUsage } from "node:process";
import {
  compareExecuted,
  engine,
  engineWithObjects,
  type Runner,
  rival,
} from "./engine-runners.ts";
import { CROSSING, ORDINARY, type Shape, type Stream, streamOf } from "./engine-stream.ts";

/**
 * The engine against nodejs-order-book on the same seeded streams: interleaved repetitions in one
 * process, CPU time, and executed quantities compared operation by operation before anything is timed.
 */
const REPETITIONS = Number(process.env["REPETITIONS"] ?? 5);
const SEED = Number(process.env["SEED"] ?? 1);
const SCALE = Number(process.env["SCALE"] ?? 1);
const RESULTS = process.env["RESULTS"];

const shapeOf = (name: string, symbols: number, resting: number, mix: typeof ORDINARY): Shape => ({
  name,
  symbols,
  resting,
  operations: Math.round((symbols === 1 ? 100_000 : 200_000) * SCALE),
  levels: 500,
  ...mix,
});

const SHAPES: readonly Shape[] = [
  shapeOf("1,000 on 100 symbols", 100, 1_000, ORDINARY),
  shapeOf("100,000 on 100 symbols", 100, 100_000, ORDINARY),
  shapeOf("100,000 on one symbol", 1, 100_000, ORDINARY),
  shapeOf("1,000 on 100, crossing", 100, 1_000, CROSSING),
  shapeOf("100,000 on 100, crossing", 100, 100_000, CROSSING),
  shapeOf("100,000 on one, crossing", 1, 100_000, CROSSING),
];

const RUNNERS: readonly Runner[] = [engine, engineWithObjects, rival];

/** Nanoseconds of CPU an operation: the stream is run in fresh books, after a collection of garbage. */
const measure = (runner: Runner, stream: Stream, symbols: number): number => {
  const { run } = runner.prepare(stream, symbols);
  globalThis.gc?.();
  const before = cpuUsage();
  run();
  const { user, system } = cpuUsage(before);
  return ((user + system) * 1_000) / stream.run.length;
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const measureShape = (shape: Shape): Record<string, number | string> => {
  const times = new Map<Runner, number[]>(RUNNERS.map((runner) => [runner, []]));
  for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
    const stream = streamOf(shape, SEED + repetition);
    if (repetition === 0) compareExecuted(stream, shape.symbols);
    for (const runner of RUNNERS) times.get(runner)?.push(measure(runner, stream, shape.symbols));
  }
  const [ours = [], objects = [], theirs = []] = RUNNERS.map((runner) => times.get(runner) ?? []);
  const ratios = ours.map((time, at) => (theirs[at] ?? Number.NaN) / time);
  return {
    books: shape.name,
    "engine ns": Math.round(median(ours)),
    "with objects ns": Math.round(median(objects)),
    "rival ns": Math.round(median(theirs)),
    ratio: Math.round(median(ratios) * 10) / 10,
    spread: `${Math.min(...ratios).toFixed(0)}-${Math.max(...ratios).toFixed(0)}`,
    "with objects ratio": Math.round((median(theirs) / median(objects)) * 10) / 10,
  };
};

const rows = SHAPES.map(measureShape);
console.table(rows);
if (RESULTS !== undefined) await writeFile(RESULTS, `${JSON.stringify(rows, null, 2)}\n`);
