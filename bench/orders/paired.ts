import { cpuSeconds } from "./cpu.ts";

/**
 * The results of two contestants that alternated: rates a second, and the ratio of ours to theirs
 * in each round; and the processor time of an operation, of the database and of its client.
 */
export type Paired = {
  readonly what: string;
  readonly against: string;
  readonly ours: number;
  readonly theirs: number;
  readonly ratio: number;
  readonly lowest: number;
  readonly highest: number;
  readonly oursDatabaseUs: number;
  readonly oursClientUs: number;
  readonly theirsDatabaseUs: number;
  readonly theirsClientUs: number;
};

/** How often and how long each contestant runs, and against which PostgreSQL. */
export type Turns = {
  readonly repetitions: number;
  readonly seconds: number;
  readonly serverPid: number;
};

type Contest = {
  readonly what: string;
  readonly against: string;
  /** What our side must prepare before each run; not counted. */
  readonly prepare?: () => Promise<void>;
  /** Each returns its rate a second, measured over about that many seconds. */
  readonly ours: (seconds: number) => Promise<number>;
  readonly theirs: (seconds: number) => Promise<number>;
};

/**
 * Runs both alternately, so that other load on the machine affects both; which of them begins
 * alternates too. Reports the medians of the rates and of the ratios, the latter with their spread.
 */
export const compare = async (
  { what, against, prepare = async () => {}, ours, theirs }: Contest,
  { repetitions, seconds, serverPid }: Turns,
): Promise<Paired> => {
  const runOurs = async (): Promise<Run> => {
    await prepare();
    return measure(ours, seconds, serverPid);
  };
  await prepare();
  await ours(Math.min(seconds, 2));
  const rounds: { readonly ours: Run; readonly theirs: Run }[] = [];
  for (let turn = 0; turn < repetitions; turn += 1) {
    const first = turn % 2 === 0 ? await runOurs() : undefined;
    const yardstick = await measure(theirs, seconds, serverPid);
    rounds.push({ ours: first ?? (await runOurs()), theirs: yardstick });
  }
  const ratios = rounds.map((round) => round.ours.rate / round.theirs.rate);
  const middle = (side: "ours" | "theirs", of: keyof Run) =>
    Math.round(median(rounds.map((round) => round[side][of])));
  return {
    ...{ what, against, ours: middle("ours", "rate"), theirs: middle("theirs", "rate") },
    ratio: twoDigits(median(ratios)),
    lowest: twoDigits(Math.min(...ratios)),
    highest: twoDigits(Math.max(...ratios)),
    oursDatabaseUs: middle("ours", "databaseUs"),
    oursClientUs: middle("ours", "clientUs"),
    theirsDatabaseUs: middle("theirs", "databaseUs"),
    theirsClientUs: middle("theirs", "clientUs"),
  };
};

type Run = { readonly rate: number; readonly databaseUs: number; readonly clientUs: number };

/** Runs a contestant and measures its processor time, in microseconds an operation. */
const measure = async (
  contestant: Contest["ours"],
  seconds: number,
  serverPid: number,
): Promise<Run> => {
  // The server is a child of this process: the rest of the process tree is the client's side.
  const read = async () => {
    const [database, all] = [await cpuSeconds(serverPid), await cpuSeconds(process.pid)];
    return { database, client: all - database, at: performance.now() };
  };
  const before = await read();
  const rate = await contestant(seconds);
  const after = await read();
  const operations = (rate * (after.at - before.at)) / 1_000;
  const microseconds = (cpu: number) => (cpu * 1_000_000) / operations;
  return {
    rate,
    databaseUs: microseconds(after.database - before.database),
    clientUs: microseconds(after.client - before.client),
  };
};

const twoDigits = (value: number): number => Math.round(value * 100) / 100;

/** The middle value, or the mean of the two in the middle. */
const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
};
