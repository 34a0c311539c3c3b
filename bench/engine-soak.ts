import { spawn } from "node:child_process";
import { once } from "node:events";
import { env, execPath, exit } from "node:process";

/** The engine against the naive book: a million commands for each of twenty seeds. */
const SEEDS = Number(env["SEEDS"] ?? 20);
const FIRST = Number(env["SEED"] ?? Date.now() % 1_000_000);
const TEST = new URL("../matcher/engine/reference.property.test.ts", import.meta.url).pathname;

for (let seed = FIRST; seed < FIRST + SEEDS; seed += 1) {
  const child = spawn(execPath, ["--test", TEST], {
    env: { ...env, ENGINE_RUNS: env["ENGINE_RUNS"] ?? "5000", ENGINE_SEED: String(seed) },
    stdio: "inherit",
  });
  const [code] = await once(child, "close");
  if (code !== 0) exit(1);
}
