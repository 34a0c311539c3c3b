import type { Clock } from "../layers/platform/clock.ts";
import type { Logger } from "../layers/platform/logger.ts";
import { startLoop } from "../layers/platform/loop.ts";
import type { Metrics } from "../layers/platform/metrics.ts";
import { createSemaphore } from "../layers/platform/semaphore.ts";
import type { Queue } from "../layers/queue/sqs.ts";
import { advanceCheckpoint } from "../layers/store/ledger/ledger-check.ts";
import { listBooks } from "../layers/store/matching/books.ts";
import {
  purgeCommands,
  purgeEvents,
  readOutbox,
  readSequences,
} from "../layers/store/matching/matcher-status.ts";
import type { Lease } from "../layers/store/matching/shards.ts";
import type { Database } from "../layers/store/pg/database.ts";
import { listen } from "../layers/store/pg/listen.ts";
import { createNotifier, MARKET_CHANNEL, OUTBOX_CHANNEL } from "../layers/store/pg/notify.ts";
import { measureLedger } from "./measure-ledger.ts";
import { Ownership } from "./ownership.ts";
import { Relay } from "./relay.ts";
import { Shard, symbolStates } from "./shard.ts";
import type { SymbolWorker, SymbolWorkerDeps } from "./symbol-worker.ts";

const LOOK_MS = 500;
const CHECK_MS = 60_000;
/** The first check comes sooner, so that a restart does not hide an imbalance for a minute. */
const FIRST_PAUSE_MS = 5_000;
const EVENTS_KEPT_SECONDS = 900;
const COMMANDS_KEPT_DAYS = 7;
/**
 * The most books rebuilt at once: fewer than the connections of the pool, because settlements need
 * some too.
 */
const REBUILT_AT_ONCE = 4;
const REBUILDS_WAITING_MAX = 100_000;

type MatcherDeps = {
  readonly config: { readonly databaseUrl: string; readonly instance: string };
  readonly database: Database;
  /**
   * The same database over connections of their own, for what may take long: reading and settling
   * books. The leases must not wait for it.
   */
  readonly bookDatabase: Database;
  /** The queue of a shard. */
  readonly queueOf: (shard: number) => Queue;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
};

export type Matcher = {
  /** `open`, `recovering`, `halted` or `closed`, by symbol of the shards this process holds. */
  readonly symbols: () => Readonly<Record<string, string>>;
  /** The number of shards that this process holds, and of shards without a holder. */
  readonly shards: () => { readonly held: readonly number[]; readonly unowned: readonly number[] };
  readonly stop: () => Promise<void>;
};

/**
 * Takes this process's share of the shards, rebuilds their books, then relays, matches and settles
 * until it is stopped. Resolves when the books of the first share are open. A book that cannot be
 * opened yet is tried again as long as this process holds it.
 */
export const startMatcher = async (deps: MatcherDeps): Promise<Matcher> => {
  const { database, bookDatabase, logger, metrics } = deps;
  const marketNotifier = createNotifier(database, MARKET_CHANNEL);
  const shardDeps = {
    ...{ database, bookDatabase, logger, clock: deps.clock },
    rebuilding: createSemaphore({ running: REBUILT_AT_ONCE, waiting: REBUILDS_WAITING_MAX }),
    onSettled: (settled: Settled) => {
      observe(metrics, settled, deps.clock());
      marketNotifier.notify();
      relay.flush();
    },
    onFenced: (lease: Lease) => {
      metrics.fenced.inc();
      ownership.giveUp(lease);
    },
    onIgnored: (reason: string) => metrics.messagesIgnored.inc({ reason }),
  };
  const ownership = new Ownership<Shard>({
    ...{ database, logger, name: deps.config.instance },
    open: (lease) => {
      const shard = new Shard({ ...shardDeps, queue: deps.queueOf(lease.shard) }, lease);
      // Commands may be waiting for these books. A book that did not open is handled by Ownership.
      void shard.opened.then(() => relay.wake()).catch(() => {});
      return shard;
    },
  });
  const workerOf = (
    symbol: string,
  ): { readonly worker: SymbolWorker; readonly queue: Queue } | undefined => {
    for (const { workers, queue } of ownership.held) {
      const worker = workers.get(symbol);
      if (worker !== undefined) return { worker, queue };
    }
    return undefined;
  };
  const relay = new Relay({
    ...{ database, logger },
    leases: () => ownership.held.map(({ lease }) => lease),
    routeOf: (symbol) => {
      const found = workerOf(symbol);
      return found && { queue: found.queue, settledSeq: found.worker.settledSeq };
    },
    onSent: (symbol, commands) => metrics.ordersEnqueued.inc({ symbol }, commands),
    onLost: (symbol) => workerOf(symbol)?.worker.look(),
  });
  const started = performance.now();
  await ownership.tend();
  // Started before the books are open, because a rebuild may take longer than a lease.
  const stopLoops = run(deps, ownership, relay);
  await Promise.allSettled(ownership.held.map(({ opened }) => opened));
  metrics.bookRebuild.set((performance.now() - started) / 1_000);
  return {
    symbols: () => symbolStates(ownership.held),
    shards: () => ({
      held: ownership.held.map(({ lease }) => lease.shard),
      unowned: ownership.unowned,
    }),
    stop: async () => {
      await stopLoops();
      await ownership.stop();
    },
  };
};

/** Starts the loops of the matcher; returns how to stop them. */
const run = (
  deps: MatcherDeps,
  ownership: Ownership<Shard>,
  relay: Relay,
): (() => Promise<void>) => {
  const { logger } = deps;
  const listener = listen({
    url: deps.config.databaseUrl,
    channel: OUTBOX_CHANNEL,
    onNotify: () => relay.wake(),
    onError: (error) => logger.warn({ err: error }, "notifications of the outbox are interrupted"),
  });
  const regular = (name: string, pauseMs: number, work: () => Promise<void>) =>
    startLoop({
      ...{
        name,
        logger,
        pauseMs,
        firstPauseMs: Math.min(pauseMs, FIRST_PAUSE_MS),
        retryMs: pauseMs,
        longestRetryMs: pauseMs,
      },
      pass: async () => {
        await work();
        return "idle";
      },
    });
  const loops = [
    // One loop for both, so that an idle matcher wakes once; if one of them fails, the other still
    // runs.
    regular("shards", LOOK_MS, () => allDone([ownership.tend(), look(deps, ownership.held)])),
    regular("ledger check and purge", CHECK_MS, () => checkAndPurge(deps, ownership.held)),
  ];
  relay.start();
  return async () => {
    await Promise.all([...loops.map((loop) => loop.stop()), listener.close()]);
    await relay.stop();
  };
};

/** Waits for all promises to settle, then throws if one of them was rejected. */
const allDone = async (works: readonly Promise<void>[]): Promise<void> => {
  await Promise.allSettled(works);
  await Promise.all(works);
};

type Settled = Parameters<SymbolWorkerDeps["onSettled"]>[0];

const settledAtLastLook = new WeakMap<SymbolWorker, number>();

/**
 * Compares the sequences with the workers: a worker that is behind and has not moved since the last
 * check has missed an announcement. Also finds new instruments, and measures the backlog of this
 * process's shards.
 */
const look = async (
  { database, metrics }: MatcherDeps,
  shards: readonly Shard[],
): Promise<void> => {
  const numbers = shards.map(({ lease }) => lease.shard);
  const [sequences, outbox, symbolsOf] = await Promise.all([
    readSequences(database),
    readOutbox(database, numbers),
    listBooks(database, numbers),
  ]);
  let waiting = 0;
  let halted = 0;
  for (const worker of shards.flatMap(({ workers }) => [...workers.values()])) {
    const seq = sequences.get(worker.symbol) ?? 0;
    if (worker.state === "halted") halted += 1;
    waiting += Math.max(0, seq - worker.settledSeq);
    if (worker.settledSeq < seq && settledAtLastLook.get(worker) === worker.settledSeq)
      worker.look();
    settledAtLastLook.set(worker, worker.settledSeq);
  }
  metrics.shardsOwned.set(shards.length);
  metrics.matchingQueueSize.set(waiting);
  metrics.symbolsHaltedByError.set(halted);
  metrics.outboxBacklog.set(outbox.backlog);
  metrics.outboxOldest.set(outbox.oldestSeconds);
  for (const shard of shards) await shard.openWorkers(symbolsOf(shard.lease.shard));
};

/**
 * Checks the invariants of the ledger, and purges old feed events and commands. The holder of shard
 * 0 does this for all.
 */
const checkAndPurge = async (deps: MatcherDeps, shards: readonly Shard[]): Promise<void> => {
  if (!shards.some(({ lease }) => lease.shard === 0)) return;
  const { database } = deps;
  await measureLedger(deps);
  await advanceCheckpoint(database);
  await purgeEvents(database, EVENTS_KEPT_SECONDS);
  await purgeCommands(database, COMMANDS_KEPT_DAYS);
};

const observe = (metrics: Metrics, { settlement, batch }: Settled, now: Date): void => {
  const { symbol } = settlement;
  metrics.settleBatchSize.observe(settlement.lastSeq - settlement.firstSeq + 1);
  metrics.tradesExecuted.inc({ symbol }, settlement.trades.length);
  metrics.ordersMatched.inc({ symbol }, batch.firstTrades.length);
  for (const { acceptedAt } of batch.firstTakers)
    metrics.orderAckToTrade.observe(Math.max(0, now.getTime() - acceptedAt.getTime()) / 1_000);
};
