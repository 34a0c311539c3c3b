import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { commandsOf, type Sequence } from "./reference/commands.ts";
import { runLockstep, shorten } from "./reference/lockstep.ts";
import { Sometimes } from "./reference/sometimes.ts";

const LENGTH = 200;
const RUNS = Number(process.env["ENGINE_RUNS"] ?? 2_000);
const SEED = Number(process.env["ENGINE_SEED"] ?? Date.now() % 2 ** 31);

/** Random draws as fast-check makes them: the same seed gives the same run. */
const sequences: fc.Arbitrary<Sequence> = fc.record({
  shape: fc.noBias(fc.maxSafeNat()),
  draws: fc.noBias(fc.array(fc.maxSafeNat(), { minLength: LENGTH, maxLength: LENGTH })),
});

const failureOf = (commands: Parameters<typeof runLockstep>[0]): unknown => {
  try {
    runLockstep(commands);
    return undefined;
  } catch (error) {
    return error;
  }
};

test(`engine and naive book agree on ${RUNS} sequences of ${LENGTH} commands`, (context) => {
  const sometimes = new Sometimes();
  const property = fc.property(sequences, (sequence) => {
    const commands = commandsOf(sequence);
    try {
      runLockstep(commands, sometimes.watch);
    } catch {
      const shortest = shorten(commands, (fewer) => failureOf(fewer) !== undefined);
      const listed = shortest.map((command) => JSON.stringify(command)).join("\n");
      throw new Error(`${String(failureOf(shortest))}\nafter\n${listed}`);
    }
  });
  fc.assert(property, { numRuns: RUNS, seed: SEED, endOnFailure: true });
  context.diagnostic(`seed ${SEED}; met, in ${RUNS * LENGTH} commands:\n${sometimes.report()}`);
  if (RUNS >= 2_000) assert.deepEqual(sometimes.missing(), []);
});
