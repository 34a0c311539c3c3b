import type { Ticker } from "../layers/domain/identifiers.ts";
import type { Clock } from "../layers/platform/clock.ts";
import type { Logger } from "../layers/platform/logger.ts";
import type { Metrics } from "../layers/platform/metrics.ts";
import type { Queue } from "../layers/queue/sqs.ts";
import { createBell, MARKET_CHANNEL, OUTBOX_CHANNEL } from "../layers/store/bell.ts";
import { listBooks } from "../layers/store/books.ts";
import type { Database } from "../layers/store/database.ts";
import { listen } from "../layers/store/doorbell.ts";
import {
  countDrift,
  pruneEvents,
  readOutbox,
  readSequences,
} from "../layers/store/matcher-status.ts";
import { Consumer } from "./consume.ts";
import { every } from "./every.ts";
import { Lane, type LaneDeps } from "./lane.ts";
import { Relay } from "./relay.ts";

const LOOK_MS = 500;
const HOUSEKEEPING_MS = 60_000;
const EVENTS_KEPT_SECONDS = 900;

export type MatcherDeps = {
  readonly config: { readonly databaseUrl: string };
  readonly database: Database;
  readonly queue: Queue;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly onFenced: (symbol: Ticker) => void;
};

export type Matcher = {
  /** `open`, `recovering`, `halted` or `closed`, by symbol. */
  readonly symbols: () => Readonly<Record<string, string>>;
  readonly stop: () => Promise<void>;
};

/** Rebuilds every book, then relays, matches and settles until it is stopped. */
export const startMatcher = async (deps: MatcherDeps): Promise<Matcher> => {
  const { database, queue, logger, metrics } = deps;
  const lanes = new Map<string, Lane>();
  const bell = createBell(database, MARKET_CHANNEL);
  const relay = new Relay({
    ...{ database, queue, logger },
    settledSeq: (symbol) => lanes.get(symbol)?.settledSeq ?? -1,
    onSent: (symbol, commands) => metrics.ordersEnqueued.inc({ symbol }, commands),
    onLost: (symbol) => lanes.get(symbol)?.lookForMissed(),
  });
  const consumer = new Consumer({ queue, logger, laneOf: (symbol) => lanes.get(symbol) });
  const laneDeps: LaneDeps = {
    ...{ database, logger, clock: deps.clock, onFenced: deps.onFenced },
    onSettled: (settled) => {
      observe(metrics, settled, deps.clock());
      bell.ring();
      relay.nudge();
    },
  };
  const started = performance.now();
  await openLanes(deps, laneDeps, lanes);
  metrics.bookRebuild.set((performance.now() - started) / 1_000);

  const doorbell = listen({
    url: deps.config.databaseUrl,
    channel: OUTBOX_CHANNEL,
    onRing: () => relay.nudge(),
    onError: (error) => logger.warn({ err: error }, "the outbox doorbell is silent"),
  });
  const timers = [
    every(LOOK_MS, logger, () => look(deps, laneDeps, lanes)),
    every(HOUSEKEEPING_MS, logger, () => keepHouse(deps)),
  ];
  const loops = [relay.run(), consumer.run()];
  const stop = async (): Promise<void> => {
    for (const timer of timers) timer.stop();
    await doorbell.close();
    relay.stop();
    consumer.stop();
    await Promise.all([...loops, ...[...lanes.values()].map((lane) => lane.close())]);
  };
  const symbols = () =>
    Object.fromEntries([...lanes].map(([symbol, lane]) => [symbol, lane.state]));
  return { symbols, stop };
};

/** Opens a lane for every book that has none yet. */
const openLanes = async (
  { database }: MatcherDeps,
  laneDeps: LaneDeps,
  lanes: Map<string, Lane>,
): Promise<void> => {
  const symbols = await listBooks(database);
  const missing = symbols.filter((symbol) => !lanes.has(symbol));
  await Promise.all(
    missing.map(async (symbol) => {
      const lane = new Lane(symbol, laneDeps);
      await lane.open();
      lanes.set(symbol, lane);
    }),
  );
};

const settledAtLastLook = new WeakMap<Lane, number>();

/**
 * Compares the sequences with the lanes: one that is behind and has not moved since the last look
 * has missed something. Also finds new instruments, and measures the backlog.
 */
const look = async (
  deps: MatcherDeps,
  laneDeps: LaneDeps,
  lanes: Map<string, Lane>,
): Promise<void> => {
  const { database, metrics } = deps;
  const [sequences, outbox] = await Promise.all([readSequences(database), readOutbox(database)]);
  let waiting = 0;
  for (const [symbol, seq] of sequences) {
    const lane = lanes.get(symbol);
    if (lane === undefined) continue;
    waiting += Math.max(0, seq - lane.settledSeq);
    if (lane.settledSeq < seq && settledAtLastLook.get(lane) === lane.settledSeq)
      lane.lookForMissed();
    settledAtLastLook.set(lane, lane.settledSeq);
  }
  metrics.matchingQueueSize.set(waiting);
  metrics.outboxBacklog.set(outbox.backlog);
  metrics.outboxOldest.set(outbox.oldestSeconds);
  await openLanes(deps, laneDeps, lanes);
};

/** The invariants of the ledger, asked of the live system, and the removal of what the feed has shown. */
const keepHouse = async ({ database, metrics, logger }: MatcherDeps): Promise<void> => {
  const { imbalance, drift } = await countDrift(database);
  metrics.ledgerImbalance.set(imbalance);
  metrics.holdDrift.set(drift);
  if (imbalance > 0 || drift > 0) logger.error({ imbalance, drift }, "the ledger does not balance");
  await pruneEvents(database, EVENTS_KEPT_SECONDS);
};

const observe = (
  metrics: Metrics,
  { settlement, batch }: Parameters<LaneDeps["onSettled"]>[0],
  now: Date,
): void => {
  const { symbol } = settlement;
  metrics.settleBatchSize.observe(settlement.lastSeq - settlement.firstSeq + 1);
  metrics.tradesExecuted.inc({ symbol }, settlement.trades.length);
  metrics.ordersMatched.inc({ symbol }, batch.firstTrades.length);
  for (const { acceptedAt } of batch.firstTakers)
    metrics.orderAckToTrade.observe(Math.max(0, now.getTime() - acceptedAt.getTime()) / 1_000);
};
