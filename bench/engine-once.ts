import { cpuUsage, env, stdout } from "node:process";
import { setTimeout } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { compareExecuted, RUNNERS, type Runner } from "./engine-runners.ts";
import { SHAPES, type Shape, streamOf } from "./engine-stream.ts";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

/** Collects the garbage of making the streams; sweeping continues in other threads for a while. */
const tidyUp = async (): Promise<void> => {
  collectGarbage();
  let before = cpuUsage();
  for (let busy = true; busy; ) {
    await setTimeout(SETTLING_MS);
    const { user, system } = cpuUsage(before);
    busy = user + system > SETTLING_MS * 50;
    before = cpuUsage();
  }
};
const SETTLING_MS = 50;

/**
 * A measurement in its own process, so that the contestants do not affect each other's compiled
 * code: warm-ups on streams of other seeds, then the stream, which begins with a clean heap. Prints
 * nanoseconds of processor time an operation.
 */
const measure = async (runner: Runner, shape: Shape, seed: number): Promise<number> => {
  const [wanted, ...warmUps] = [seed, seed + 1_000, seed + 2_000, seed + 3_000].map((streamSeed) =>
    runner.prepare(streamOf(shape, streamSeed), shape.symbols),
  );
  for (const { run } of warmUps) run();
  await tidyUp();
  const before = cpuUsage();
  wanted?.run();
  const { user, system } = cpuUsage(before);
  return ((user + system) * 1_000) / shape.operations;
};

const shape = SHAPES[Number(env["SHAPE"])];
const seed = Number(env["SEED"]);
const runner = RUNNERS[Number(env["RUNNER"])];
if (shape === undefined) throw new Error("SHAPE is the number of a shape");
const scaled = { ...shape, operations: Math.round(shape.operations * Number(env["SCALE"] ?? 1)) };
if (runner === undefined) compareExecuted(streamOf(scaled, seed), scaled.symbols);
else stdout.write(String(await measure(runner, scaled, seed)));
