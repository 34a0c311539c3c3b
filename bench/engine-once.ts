import { cpuUsage, env, stdout } from "node:process";
import { compareExecuted, RUNNERS, type Runner } from "./engine-runners.ts";
import { SHAPES, type Shape, streamOf } from "./engine-stream.ts";

/**
 * One measurement in a process of its own, so that no contestant compiles, or pollutes, for another:
 * a warm-up on a stream of another seed, then the stream. Prints nanoseconds of CPU an operation.
 */
const measure = (runner: Runner, shape: Shape, seed: number): number => {
  for (const warmUp of [seed + 1_000, seed + 2_000]) {
    runner.prepare(streamOf(shape, warmUp), shape.symbols).run();
  }
  const stream = streamOf(shape, seed);
  const { run } = runner.prepare(stream, shape.symbols);
  const before = cpuUsage();
  run();
  const { user, system } = cpuUsage(before);
  return ((user + system) * 1_000) / stream.run.length;
};

const shape = SHAPES[Number(env["SHAPE"])];
const seed = Number(env["SEED"]);
const runner = RUNNERS[Number(env["RUNNER"])];
if (shape === undefined) throw new Error("SHAPE is the number of a shape");
const scaled = { ...shape, operations: Math.round(shape.operations * Number(env["SCALE"] ?? 1)) };
if (runner === undefined) compareExecuted(streamOf(scaled, seed), scaled.symbols);
else stdout.write(String(measure(runner, scaled, seed)));
