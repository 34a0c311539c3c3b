import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { openDatabase } from "../layers/store/pg/database.ts";
import { createInstrument } from "../layers/testing/clients.ts";
import { startFeed, token } from "../test/feed/feed-client.ts";
import type { ClientsAnswer, ClientsRequest } from "./feed/clients.ts";
import { benchMarket } from "./feed/market.ts";
import { startBenchServer } from "./server.ts";

// The market feed and a bare `ws` server alternately, with the same readers and the same bytes: how
// many messages a second reach a thousand sockets, how long after the commit each arrives at 20
// events a second, the processor time of an event, the time until a thousand clients are connected,
// and the cost of a connection. Starts its own PostgreSQL and the real feed process. Prints a table
// and writes bench/results/feed.json.

const SOCKETS = Number(process.env["SOCKETS"] ?? 1_000);
const PAIRS = Number(process.env["PAIRS"] ?? 5);
const SOCKETS_OF_A_CLIENT = 20;
const BURST_EVENTS = 20;
const BURSTS = 4;
const EVENT_MS = 50;
const EVENTS = 100;
const SEED = 1;

type Contestant = {
  readonly port: number;
  /** The first socket gets the first path, the next socket the next; after the last, the first. */
  readonly paths: readonly string[];
  /** The frames that every reader has before anything happens. */
  readonly greeting: number;
  readonly rss: () => Promise<number>;
  /** The processor time it has used so far. */
  readonly cpuSeconds: () => Promise<number>;
};

type Round = {
  readonly messagesPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly missed: number;
  readonly cpuMsPerEvent: number;
  readonly connectMs: number;
  readonly bytesPerSocket: number;
};

const children: ChildProcess[] = [];
const worker = (name: string): ChildProcess => {
  const child = fork(join(import.meta.dirname, "feed", name), { serialization: "advanced" });
  children.push(child);
  return child;
};

const readers = worker("clients.ts");
const bareServer = worker("bare.ts");

for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));
process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});
readers.on("exit", (code) => {
  if (code !== null && code !== 0) process.exit(1); // it has said why
});

const ask = async (request: ClientsRequest): Promise<ClientsAnswer> => {
  const answered = once(readers, "message");
  readers.send(request);
  return (await answered)[0] as ClientsAnswer;
};

const connectAll = async ({ port, paths, greeting, rss }: Contestant) => {
  const before = await rss();
  const { ms = Number.NaN } = await ask({ ask: "connect", port, paths, count: SOCKETS });
  if (greeting > 0) await ask({ ask: "expect", frames: greeting });
  const bytesPerSocket = ((await rss()) - before) / SOCKETS;
  await ask({ ask: "expect", frames: 0 });
  return { connectMs: ms, bytesPerSocket };
};

/** As many clients as the sockets need: each may have a limited number of sockets and books. */
const pathsOfClients = (): Promise<readonly string[]> =>
  Promise.all(
    Array.from(
      { length: Math.ceil(SOCKETS / SOCKETS_OF_A_CLIENT) },
      async () => `/cable?token=${await token(3_600)}`,
    ),
  );

type Market = ReturnType<typeof benchMarket>;

/** The texts of a burst, and how many messages a second reached all readers in several bursts. */
const feedBursts = async (market: Market) => {
  let messages = 0;
  let seconds = 0;
  let texts: readonly string[] = [];
  for (let burst = 0; burst < BURSTS; burst += 1) {
    await ask({ ask: "expect", frames: 0 });
    const { committedAt, seq } = await market.settle(BURST_EVENTS);
    const at = await whenComplete(seq);
    texts = (await ask({ ask: "texts" })).texts ?? [];
    messages += texts.length * SOCKETS;
    seconds += Number(at - committedAt) / 1e9;
  }
  return { texts, messagesPerSecond: messages / seconds };
};

/**
 * Waits until the first reader has the event and all readers have as many frames; returns the time.
 */
const whenComplete = async (seq: number): Promise<bigint> => {
  for (;;) {
    const { texts = [] } = await ask({ ask: "texts" });
    const isThere = texts.some((text) => JSON.parse(text).message.seq === seq);
    const hasView = texts.at(-1)?.includes('"type":"orderbook"') === true;
    if (isThere && hasView) return (await ask({ ask: "expect", frames: texts.length })).at ?? 0n;
    await delay(5);
  }
};

const bareBursts = async (texts: readonly string[]) => {
  let seconds = 0;
  for (let burst = 0; burst < BURSTS; burst += 1) {
    await ask({ ask: "expect", frames: 0 });
    const complete = ask({ ask: "expect", frames: texts.length });
    const begun = process.hrtime.bigint();
    bareServer.send({ texts });
    seconds += Number(((await complete).at ?? 0n) - begun) / 1e9;
  }
  return { messagesPerSecond: (texts.length * SOCKETS * BURSTS) / seconds };
};

/** Twenty events a second, each at its scheduled time, however long the previous one took. */
const paced = async (
  say: (index: number) => Promise<readonly [number, bigint]>,
): Promise<readonly (readonly [number, bigint])[]> => {
  const begun = performance.now();
  const said: Promise<readonly [number, bigint]>[] = [];
  for (let index = 0; index < EVENTS; index += 1) {
    await delay(Math.max(0, begun + index * EVENT_MS - performance.now()));
    said.push(say(index));
  }
  return Promise.all(said);
};

const percentiles = async (commits: readonly (readonly [number, bigint])[]) => {
  const response = await ask({ ask: "latency", commits });
  const { p50Ms = Number.NaN, p99Ms = Number.NaN, missed = Number.NaN } = response;
  return { p50Ms, p99Ms, missed };
};

/** The messages of each event, as the feed sent them. */
const byEvent = (texts: readonly string[]): readonly (readonly [number, readonly string[]])[] => {
  const seqOf = (text: string): number => {
    const { last_seq, seq } = JSON.parse(text).message;
    return last_seq ?? seq;
  };
  return [...Map.groupBy(texts, seqOf)];
};

const runPair = async (market: Market, feed: Contestant, bare: Contestant) => {
  const onFeed = await connectAll(feed);
  const { texts, ...feedRate } = await feedBursts(market);
  await ask({ ask: "expect", frames: 0 });
  const feedCpu = await feed.cpuSeconds();
  const commits = await paced(async () => {
    const { seq, committedAt } = await market.settle(1);
    return [seq, committedAt];
  });
  const feedLatency = await percentiles(commits);
  const feedCost = (((await feed.cpuSeconds()) - feedCpu) * 1_000) / EVENTS;
  const events = byEvent((await ask({ ask: "texts" })).texts ?? []);
  await ask({ ask: "disconnect" });

  const onBare = await connectAll(bare);
  const bareRate = await bareBursts(texts);
  await ask({ ask: "expect", frames: 0 });
  const bareCpu = await bare.cpuSeconds();
  const sent = await paced(async (index) => {
    const [seq, own] = events[index] ?? [0, []];
    const sentAt = process.hrtime.bigint();
    bareServer.send({ texts: own });
    return [seq, sentAt];
  });
  const bareLatency = await percentiles(sent);
  const bareCost = (((await bare.cpuSeconds()) - bareCpu) * 1_000) / EVENTS;
  await ask({ ask: "disconnect" });
  await delay(300);
  return {
    feed: { ...onFeed, ...feedRate, ...feedLatency, cpuMsPerEvent: feedCost } satisfies Round,
    bare: { ...onBare, ...bareRate, ...bareLatency, cpuMsPerEvent: bareCost } satisfies Round,
  };
};

const median = (values: readonly number[]): number =>
  [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;

const summary = (rounds: readonly Round[]): Round & { readonly worstP99Ms: number } => {
  const of = (figure: (round: Round) => number) => median(rounds.map(figure));
  return {
    messagesPerSecond: Math.round(of((round) => round.messagesPerSecond)),
    p50Ms: of((round) => round.p50Ms),
    p99Ms: of((round) => round.p99Ms),
    worstP99Ms: Math.max(...rounds.map((round) => round.p99Ms)),
    missed: rounds.reduce((sum, round) => sum + round.missed, 0),
    cpuMsPerEvent: Number(of((round) => round.cpuMsPerEvent).toFixed(2)),
    connectMs: Math.round(of((round) => round.connectMs)),
    // The first connections cost the most: later ones reuse their memory.
    bytesPerSocket: Math.round(rounds[0]?.bytesPerSocket ?? Number.NaN),
  };
};

const server = await startBenchServer();
const url = server.url("brokerx");
const database = openDatabase({ url, poolSize: 4, applicationName: "bench" });
await createInstrument(database, "AAPL");
const market = benchMarket(database, "AAPL", SEED);
const feedProcess = await startFeed(url, { FEED_MAX_CONNECTIONS: String(SOCKETS + 10) });
children.push(feedProcess.child);
const [{ port: barePort }] = (await once(bareServer, "message")) as [{ port: number }];
try {
  await market.settle(1, true);
  const metric = async (name: string): Promise<number> => {
    const metrics = await fetch(`http://127.0.0.1:${feedProcess.port}/metrics`);
    return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(await metrics.text())?.[1]);
  };
  const feed: Contestant = {
    ...{ port: feedProcess.port, paths: await pathsOfClients(), greeting: 3 },
    rss: () => metric("process_resident_memory_bytes"),
    cpuSeconds: () => metric("process_cpu_seconds_total"),
  };
  const askBare = async (): Promise<{ readonly rss: number; readonly cpuSeconds: number }> => {
    const answered = once(bareServer, "message");
    bareServer.send({});
    return (await answered)[0] as { rss: number; cpuSeconds: number };
  };
  const bare: Contestant = {
    ...{ port: barePort, paths: ["/"], greeting: 0 },
    rss: async () => (await askBare()).rss,
    cpuSeconds: async () => (await askBare()).cpuSeconds,
  };
  const pairs: Awaited<ReturnType<typeof runPair>>[] = [];
  for (let pair = 0; pair < PAIRS; pair += 1) pairs.push(await runPair(market, feed, bare));
  const results = {
    feed: summary(pairs.map((pair) => pair.feed)),
    bare: summary(pairs.map((pair) => pair.bare)),
  };
  const ratios = pairs.map((pair) => pair.feed.messagesPerSecond / pair.bare.messagesPerSecond);
  console.table(results);
  const range = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
  console.log(`messages a second, feed to bare ws: ${median(ratios).toFixed(2)} (${range})`);
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version };
  const report = { machine, sockets: SOCKETS, results, ratios, pairs };
  await mkdir(join(import.meta.dirname, "results"), { recursive: true });
  const file = join(import.meta.dirname, "results", "feed.json");
  await writeFile(file, `${JSON.stringify(report, undefined, 2)}\n`);
} finally {
  readers.kill();
  bareServer.kill();
  await feedProcess.stop();
  await database.end();
  await server.stop();
}
