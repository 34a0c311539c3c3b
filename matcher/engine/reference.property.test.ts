import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";

import type { Command } from "./protocol.ts";
import { commandsOf, type Sequence } from "./reference/commands.ts";
import { runLockstep, shorten } from "./reference/lockstep.ts";
import { buy, cancel, sell } from "./reference/market.ts";
import { Sometimes } from "./reference/sometimes.ts";

const LENGTH = 200;
const RUNS = Number(process.env["ENGINE_RUNS"] ?? 2_000);
const SEED = Number(process.env["ENGINE_SEED"] ?? Date.now() % 2 ** 31);

/** A queue of 120 orders that loses every third order and is then bought: random orders seldom queue so long. */
const longQueue: readonly Command[] = [
  ...Array.from({ length: 120 }, (_, index) => sell(index + 1, 1 + (index % 5), 100)),
  ...Array.from({ length: 40 }, (_, index) => cancel(3 * index + 1)),
  ...Array.from({ length: 50 }, (_, index) => buy(200 + index, 1 + (index % 7), 100)),
];

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
  runLockstep(longQueue, sometimes.watch);
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
