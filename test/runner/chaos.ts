import { spawn } from "node:child_process";
import { join } from "node:path";

// What `npm test` does a few times, repeated many times: `npm run chaos`, or with some of the files
// as arguments. Hundreds of kills, fifty paused owners, every process of a whole system killed
// again and again. Takes about half an hour; the seed is printed, and SEED repeats it.

const LONG = { KILLS: "500", ROUNDS: "50", TURNS: "10" };
const FILES = ["kill-matcher", "two-owners", "kill-everything", "dependencies-out", "crash-points"];

const named = process.argv.slice(2);
const files = named.length > 0 ? named : FILES.map((name) => `test/resilience/${name}.test.ts`);
const runner = join(import.meta.dirname, "run.ts");
// One file after the other: each has the machine to itself.
const child = spawn(
  process.execPath,
  [runner, "--test-concurrency=1", "--test-timeout=7200000", ...files],
  { stdio: "inherit", env: { ...LONG, ...process.env } },
);
child.on("close", (code) => {
  process.exitCode = code ?? 1;
});
