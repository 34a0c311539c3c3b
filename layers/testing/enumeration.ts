import assert from "node:assert/strict";
import type { Passwords } from "../platform/credentials/passwords.ts";
import type { Database, Executor } from "../store/pg/database.ts";

type Costly = { readonly database: Database; readonly passwords: Passwords };

/** The same dependencies, with counters for database round trips and password hashes. */
export const watchWork = <Deps extends Costly>(deps: Deps) => {
  let statements = 0;
  let hashes = 0;
  const counted = <Asked extends Executor>(asked: Asked): Asked => ({
    ...asked,
    query: (statement: Parameters<Executor["query"]>[0]) => {
      statements += 1;
      return asked.query(statement);
    },
  });
  const watched = {
    ...deps,
    database: {
      ...counted(deps.database),
      transaction: <T>(work: Parameters<typeof deps.database.transaction<T>>[0]) =>
        deps.database.transaction<T>((tx) => work(counted(tx))),
    },
    passwords: {
      hash: (password: string) => {
        hashes += 1;
        return deps.passwords.hash(password);
      },
      verify: (password: string, hash: string) => {
        hashes += 1;
        return deps.passwords.verify(password, hash);
      },
    },
  };
  return { watched, count: () => ({ statements, hashes }) };
};

const PAIRS = 41;

/** A larger difference would let a patient attacker tell the cases apart. */
const RATIO_MAX = 1.5;

const median = (times: readonly number[]): number =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;

/**
 * Asserts that two kinds of request take about the same time. They alternate, so that other load
 * falls on both, and medians are compared, so that a pause does not count. A missing hash would be
 * a factor of ten.
 */
export const sameTime = async (
  requestA: () => Promise<unknown>,
  requestB: () => Promise<unknown>,
  afterEach: () => Promise<unknown> = async () => {},
): Promise<void> => {
  const times: [number[], number[]] = [[], []];
  for (let pair = 0; pair < PAIRS; pair += 1)
    for (const which of pair % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      const begun = performance.now();
      await [requestA, requestB][which]?.();
      times[which].push(performance.now() - begun);
      await afterEach();
    }
  const [first, second] = times.map(median);
  const ratio = (first ?? 0) / (second ?? 1);
  assert.ok(
    ratio < RATIO_MAX && ratio > 1 / RATIO_MAX,
    `medians of ${first?.toFixed(2)} and ${second?.toFixed(2)} ms tell the two apart`,
  );
};
