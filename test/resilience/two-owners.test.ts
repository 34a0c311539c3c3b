import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { after, test } from "node:test";
import type { Ticker } from "../../layers/domain/identifiers.ts";
import { systemClock } from "../../layers/platform/clock.ts";
import { createMetrics } from "../../layers/platform/metrics.ts";
import { createInstrument } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { freePort } from "../../layers/testing/free-port.ts";
import { testLogger } from "../../layers/testing/logger.ts";
import { testQueue } from "../../layers/testing/queue.ts";
import { randomBelow, SEED } from "../../layers/testing/random.ts";
import { until } from "../../layers/testing/until.ts";
import { startMatcher } from "../../matcher/matcher.ts";
import { assertUninterrupted } from "../support/books.ts";
import { createOrderPath } from "../support/exchange.ts";
import { pausable } from "../support/pausable.ts";
import {
  lostOrders,
  ownerOf,
  richClients,
  settledSeq,
  startStream,
  unsettled,
} from "../support/stream.ts";

// Two matchers share the symbols under a stream of orders. The owner of a symbol is paused in the
// middle of its work, the other matcher takes over, and the first resumes as if nothing had
// happened: none of its writes may succeed. ROUNDS repeats it.

const ROUNDS = Number(process.env["ROUNDS"] ?? 2);
/** One symbol in each of three shards. */
const SYMBOLS = ["AAPL", "AMZN", "TSLA"];
const WATCHED = "AAPL";

const database = await testDatabase(40);
const queue = await testQueue();
const orderPath = createOrderPath(database);
for (const symbol of SYMBOLS) await createInstrument(database, symbol);
const clients = await richClients(database, 4, SYMBOLS);
const below = randomBelow(SEED);

/**
 * Asserts that everything is settled, nothing is lost, and the trades and books are those of a
 * single owner.
 */
const assertSound = async (stream: ReturnType<typeof startStream>): Promise<number> => {
  await stream.stop();
  await until(async () => (await unsettled(database)) === 0, "everything is settled", 60_000);
  assert.deepEqual(await lostOrders(database, stream.acknowledged), []);
  let trades = 0;
  for (const symbol of SYMBOLS) trades += await assertUninterrupted(database, symbol as Ticker);
  assert.ok(trades > 0, "the stream made no trades");
  return trades;
};

/** The matcher that holds the watched symbol, and the epoch of its lease. */
const holderIn = async <Matcher>(matchers: ReadonlyMap<string, Matcher>) => {
  let owner = await ownerOf(database, WATCHED);
  await until(async () => {
    owner = await ownerOf(database, WATCHED);
    return matchers.has(owner.holder ?? "");
  }, `a process holds ${WATCHED}`);
  return { matcher: matchers.get(owner.holder ?? "") as Matcher, epoch: owner.epoch };
};

/** Waits until further commands of the watched symbol are settled. */
const moved = async (): Promise<void> => {
  const seq = await settledSeq(database, WATCHED);
  const goesOn = async () => (await settledSeq(database, WATCHED)) > seq + 10;
  await until(goesOn, `${WATCHED} goes on`);
};

const startHere = async (instance: string) => {
  const metrics = createMetrics();
  const { database: paused, ...control } = pausable(database);
  const logger = testLogger();
  const matcher = await startMatcher({
    ...{ database: paused, bookDatabase: paused, metrics, clock: systemClock, logger },
    ...{ queueOf: queue.queueOf, config: { databaseUrl: database.url, instance } },
  });
  const fenced = async () => (await metrics.fenced.get()).values[0]?.value ?? 0;
  return { matcher, fenced, ...control };
};

test("a matcher whose lease ended while it was paused writes nothing when it resumes", async (t) => {
  t.diagnostic(`seed ${SEED}`);
  const matchers = new Map([
    ["one", await startHere("one")],
    ["two", await startHere("two")],
  ]);
  t.after(async () => {
    for (const { resume } of matchers.values()) resume();
    await Promise.all([...matchers.values()].map(({ matcher }) => matcher.stop()));
  });
  const stream = startStream(orderPath, clients, SYMBOLS, below);
  t.after(stream.stop);
  const shared = () =>
    [...matchers.values()].every(
      ({ matcher }) =>
        matcher.shards().held.length === 2 &&
        Object.values(matcher.symbols()).every((state) => state === "open"),
    );
  let attempts = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    await until(shared, "each works half of the shards");
    await moved();
    const { matcher: sleeper, epoch } = await holderIn(matchers);
    const before = await sleeper.fenced();
    sleeper.pause();
    await until(() => sleeper.stopped() > 0, "a settlement is stopped under way");
    await until(
      async () => (await ownerOf(database, WATCHED)).epoch > epoch,
      "the other takes over",
    );
    await moved();
    sleeper.resume();
    await until(async () => (await sleeper.fenced()) > before, "the sleeper tries");
    attempts += (await sleeper.fenced()) - before;
  }
  const trades = await assertSound(stream);
  t.diagnostic(
    `${stream.acknowledged.length} orders, ${trades} trades, ${attempts} stale attempts`,
  );
  assert.ok(attempts >= ROUNDS);
});

type Process = { readonly child: ChildProcess; readonly port: number };
const running: ChildProcess[] = [];
after(() => {
  for (const child of running) child.kill("SIGKILL");
});

const startProcess = async (instance: string): Promise<Process> => {
  const port = await freePort();
  const child = spawn(process.execPath, ["matcher/main.ts"], {
    stdio: ["ignore", "ignore", "inherit"],
    env: {
      ...process.env,
      BROKERX_INSTANCE: instance,
      DATABASE_URL: database.url,
      SQS_QUEUE_URL: queue.queueUrl,
      SQS_ENDPOINT: queue.endpoint,
      JWT_KEYS: `test=${"x".repeat(32)}`,
      MAIL_SECRET: "x".repeat(32),
      MATCHER_PORT: String(port),
      LOG_LEVEL: "silent",
    },
  });
  running.push(child);
  return { child, port };
};

/** A metric of a process; undefined when it does not answer. */
const figure = async ({ port }: Process, name: string): Promise<number | undefined> => {
  const page = await fetch(`http://127.0.0.1:${port}/metrics`, {
    signal: AbortSignal.timeout(2_000),
  }).then(
    (response) => response.text(),
    () => "",
  );
  const found = new RegExp(`^${name} (\\d+)$`, "m").exec(page)?.[1];
  return found === undefined ? undefined : Number(found);
};

test("a stopped process that resumes finds its shards taken and writes nothing", async (t) => {
  t.diagnostic(`seed ${SEED}`);
  const processes = new Map([
    ["left", await startProcess("left")],
    ["right", await startProcess("right")],
  ]);
  const stream = startStream(orderPath, clients, SYMBOLS, below);
  t.after(stream.stop);
  const shared = async (): Promise<boolean> => {
    const owned = [...processes.values()].map((matcher) => figure(matcher, "shards_owned"));
    return (await Promise.all(owned)).every((count) => count === 2);
  };
  let attempts = 0;
  const tookMs: number[] = [];
  for (let round = 0; round < ROUNDS || (attempts === 0 && round < 10); round += 1) {
    await until(shared, "each process has half of the shards");
    await moved();
    const { matcher: sleeper, epoch } = await holderIn(processes);
    const before = (await figure(sleeper, "fenced_total")) ?? 0;
    sleeper.child.kill("SIGSTOP");
    const stoppedAt = performance.now();
    await until(
      async () => (await ownerOf(database, WATCHED)).epoch > epoch,
      "the other process takes over",
    );
    await moved();
    tookMs.push(Math.round(performance.now() - stoppedAt));
    sleeper.child.kill("SIGCONT");
    await until(async () => (await figure(sleeper, "fenced_total")) !== undefined, "it is awake");
    await until(shared, "the shards are shared again");
    attempts += ((await figure(sleeper, "fenced_total")) ?? 0) - before;
  }
  const trades = await assertSound(stream);
  t.diagnostic(
    `${stream.acknowledged.length} orders, ${trades} trades, ${attempts} stale attempts`,
  );
  t.diagnostic(`taken over and settling again after ${tookMs} ms`);
  assert.ok(attempts > 0, "the stopped process never tried to write");
});

test("a matcher that is asked to stop releases its shards at once", async () => {
  const first = await startProcess("first");
  await until(async () => (await figure(first, "shards_owned")) !== undefined, "it runs");
  for (const child of running) if (child !== first.child) child.kill("SIGKILL");
  await until(async () => (await figure(first, "shards_owned")) === 4, "it holds all");
  first.child.kill("SIGTERM");
  await once(first.child, "exit");
  assert.equal((await ownerOf(database, WATCHED)).holder, undefined);
});
