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
const MEASUREMENTS = 5;

/** A larger difference would let a patient attacker tell the cases apart. */
const RATIO_MAX = 1.5;

const median = (times: readonly number[]): number =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;

type Request = () => Promise<unknown>;

/** The median times of two kinds of request, in ms. They alternate: other load falls on both. */
const medianTimes = async (requests: readonly [Request, Request], afterEach: Request) => {
  const times: [number[], number[]] = [[], []];
  for (let pair = 0; pair < PAIRS; pair += 1)
    for (const which of pair % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      const begun = performance.now();
      await requests[which]();
      times[which].push(performance.now() - begun);
      await afterEach();
    }
  return [median(times[0]), median(times[1])] as const;
};

/**
 * Asserts that two kinds of request take about the same time. A difference of their work is in
 * every measurement (a missing hash would be a factor of ten); that of a busy machine is not, so
 * a single measurement without a difference is enough.
 */
export const sameTime = async (
  requestA: Request,
  requestB: Request,
  afterEach: Request = async () => {},
): Promise<void> => {
  const found: string[] = [];
  for (let measurement = 0; measurement < MEASUREMENTS; measurement += 1) {
    const [first, second] = await medianTimes([requestA, requestB], afterEach);
    if (first < second * RATIO_MAX && second < first * RATIO_MAX) return;
    found.push(`${first.toFixed(2)} and ${second.toFixed(2)} ms`);
  }
  assert.fail(`the medians tell the two apart in every measurement: ${found.join("; ")}`);
};
