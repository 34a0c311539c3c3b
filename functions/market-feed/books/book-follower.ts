import { setImmediate as turn } from "node:timers/promises";
import type { Ticker } from "../../../layers/domain/identifiers.ts";
import {
  applyEvent,
  type MarketBook,
  type MarketEvent,
} from "../../../layers/domain/market/market-event.ts";
import type { Clock } from "../../../layers/platform/clock.ts";
import type { Logger } from "../../../layers/platform/logger.ts";
import { type Loop, startLoop } from "../../../layers/platform/loop.ts";
import type { Metrics } from "../../../layers/platform/metrics.ts";
import {
  type News,
  readBooks,
  readEpoch,
  readNews,
  readSymbols,
} from "../../../layers/store/market/market-events.ts";
import type { Executor } from "../../../layers/store/pg/database.ts";
import { type Change, changeOf } from "./changes.ts";
import { createRecent, type Recent } from "./recent-events.ts";

type Deps = {
  readonly database: Executor;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, "feedDelivery">;
  /** Whether there is anybody to tell: what nobody waits for is not late. */
  readonly isHeard: () => boolean;
  readonly publish: (after: MarketBook, change: Change) => void;
  readonly resync: (book: MarketBook) => void;
  /** Told of each event once it was published. */
  readonly traceDelivery: (event: MarketEvent) => void;
  /** The database went back in time (restored, failed over): what clients know is void. */
  readonly rewind: () => void;
};

const POLL_MS = 1_000;
const RETRY_MS = 500;
const STALE_MS = 5_000;
const NEW_SYMBOLS_EVERY_MS = 1_000;
const EVENTS_A_TURN = 25;

/**
 * Follows every book: builds it from the resting orders, then applies what each settled batch did to
 * it, in sequence. Notifications only make it read sooner; missed events are read from the database.
 */
export const createFeed = (deps: Deps) => {
  const books = new Map<string, MarketBook>();
  const follower = createFollower(deps, books);
  let epoch = "";
  let seenAt = Number.NEGATIVE_INFINITY;
  let loop: Loop | undefined;

  const pass = async (): Promise<"idle"> => {
    if (epoch === "") epoch = await readEpoch(deps.database);
    if (books.size === 0) await follower.findSymbols();
    await follower.catchUp();
    seenAt = deps.clock().getTime();
    return "idle";
  };

  return {
    start: (): void => {
      const retry = { retryMs: RETRY_MS, longestRetryMs: RETRY_MS };
      loop = startLoop({ name: "market", logger: deps.logger, pauseMs: POLL_MS, ...retry, pass });
    },
    stop: async (): Promise<void> => loop?.stop(),
    /** Reads the news now. */
    wake: (): void => loop?.wake(),
    /** Resolves after the next read of the news, whether it succeeded or not. */
    lookedAgain: async (): Promise<void> => loop?.nextPass(),
    bookOf: (symbol: Ticker): MarketBook | undefined => books.get(symbol),
    /** The events from a command to the book; undefined when some are not remembered. */
    eventsSince: (symbol: Ticker, seq: number): readonly MarketEvent[] | undefined => {
      const book = books.get(symbol);
      return book === undefined ? undefined : follower.recent.since(book, seq);
    },
    /** True when there is a book for each; a symbol listed a moment ago is looked for. */
    knows: async (symbols: readonly Ticker[]): Promise<boolean> => {
      const known = () => symbols.every((symbol) => books.has(symbol));
      if (!known()) await follower.findSymbols();
      return known();
    },
    isLoaded: (): boolean => books.size > 0,
    /** Names the numbering of this database. */
    epoch: (): string => epoch,
    /** Rejects unless the books are there and the database was heard of within five seconds. */
    check: async (): Promise<void> => {
      if (deps.clock().getTime() - seenAt > STALE_MS) throw new Error("the market is not followed");
    },
  };
};

export type Feed = ReturnType<typeof createFeed>;

/** Moves the books forward. Only one call of `catchUp` may be under way. */
const createFollower = (deps: Deps, books: Map<string, MarketBook>) => {
  const recent = createRecent();
  let soughtAt = Number.NEGATIVE_INFINITY;
  let search = Promise.resolve();
  const advance = advancer(deps, books, recent);

  const seek = async (): Promise<void> => {
    const symbols = await readSymbols(deps.database);
    const unknown = symbols.filter((symbol) => !books.has(symbol));
    if (unknown.length === 0) return;
    const built = await readBooks(deps.database, unknown);
    await recent.load(deps.database, built);
    for (const book of built) books.set(book.symbol, book);
  };

  const rebuild = async (symbols: readonly Ticker[]): Promise<void> => {
    const built = await readBooks(deps.database, symbols);
    const rewound = built.some(({ symbol, seq }) => seq < (books.get(symbol)?.seq ?? 0));
    for (const book of built) books.set(book.symbol, book);
    deps.logger.warn({ symbols, rewound }, "books were rebuilt: events were missing");
    if (rewound) deps.rewind();
    else built.forEach(deps.resync);
  };

  return {
    recent,
    /** Takes on books there were none of before; asks at most once a second. */
    findSymbols: (): Promise<void> => {
      const now = deps.clock().getTime();
      if (now - soughtAt < NEW_SYMBOLS_EVERY_MS) return search;
      soughtAt = now;
      search = seek();
      return search;
    },

    catchUp: async (): Promise<void> => {
      for (let more = true; more; ) {
        const news = await readNews(deps.database, [...books.values()]);
        const broken: Ticker[] = [];
        for (const symbolNews of news)
          if (!(await advance(symbolNews))) broken.push(symbolNews.symbol);
        if (broken.length > 0) await rebuild(broken);
        more = news.some((symbolNews) => symbolNews.more);
      }
    },
  };
};

/** Applies the events of a symbol; false when they do not lead up to the book's own number. */
const advancer =
  (deps: Deps, books: Map<string, MarketBook>, recent: Recent) =>
  async ({ symbol, events, settledSeq, more }: News): Promise<boolean> => {
    for (const [index, event] of events.entries()) {
      if (index % EVENTS_A_TURN === EVENTS_A_TURN - 1) await turn(); // sockets drain, pings go out
      const before = books.get(symbol);
      const after = before === undefined ? "gap" : applyEvent(before, event);
      if (before === undefined || after === "gap") return false;
      if (after === "old") continue;
      books.set(symbol, after);
      recent.add(event);
      deps.publish(after, changeOf(before, event));
      deps.traceDelivery(event);
      const ageMs = deps.clock().getTime() - event.at.getTime();
      if (deps.isHeard()) deps.metrics.feedDelivery.observe(Math.max(0, ageMs) / 1_000);
    }
    return more ? events.length > 0 : books.get(symbol)?.seq === settledSeq;
  };
