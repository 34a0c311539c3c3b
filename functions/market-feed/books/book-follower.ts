import { setImmediate as nextTurn } from "node:timers/promises";
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
import { createRecentEvents, type RecentEvents } from "./recent-events.ts";

type Deps = {
  readonly database: Executor;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, "feedDelivery">;
  /** Whether any client is connected; without one the age of events is not measured. */
  readonly hasClients: () => boolean;
  readonly publish: (after: MarketBook, change: Change) => void;
  readonly resync: (book: MarketBook) => void;
  /** Called with each event after it was published. */
  readonly traceDelivery: (event: MarketEvent) => void;
  /** Called when the database was restored to an earlier time: clients may have data that no longer exists. */
  readonly onRewind: () => void;
};

const POLL_MS = 1_000;
const RETRY_MS = 500;
const STALE_MS = 5_000;
const NEW_SYMBOLS_EVERY_MS = 1_000;
const EVENTS_PER_TURN = 25;

/**
 * Follows every book: builds it from the resting orders, then applies the event of each settled batch
 * in sequence. Notifications only make it read sooner; missed events are read from the database.
 */
export const createBookFollower = (deps: Deps) => {
  const books = new Map<string, MarketBook>();
  const reader = createReader(deps, books);
  let epoch = "";
  let readAt = Number.NEGATIVE_INFINITY;
  let loop: Loop | undefined;

  const pass = async (): Promise<"idle"> => {
    if (epoch === "") epoch = await readEpoch(deps.database);
    if (books.size === 0) await reader.findSymbols();
    await reader.catchUp();
    readAt = deps.clock().getTime();
    return "idle";
  };

  return {
    start: (): void => {
      const retry = { retryMs: RETRY_MS, longestRetryMs: RETRY_MS };
      loop = startLoop({ name: "books", logger: deps.logger, pauseMs: POLL_MS, ...retry, pass });
    },
    stop: async (): Promise<void> => loop?.stop(),
    /** Reads new events now. */
    wake: (): void => loop?.wake(),
    /** Reads new events now, and resolves when that was tried. */
    nextRead: async (): Promise<void> => loop?.nextPass(),
    bookOf: (symbol: Ticker): MarketBook | undefined => books.get(symbol),
    /** The events from a command to the book; undefined when some are no longer kept. */
    eventsSince: (symbol: Ticker, seq: number): readonly MarketEvent[] | undefined => {
      const book = books.get(symbol);
      return book === undefined ? undefined : reader.recent.since(book, seq);
    },
    /** The first symbol without a book; recently listed symbols are looked up in the database. */
    findUnknown: async (symbols: readonly Ticker[]): Promise<Ticker | undefined> => {
      const unknown = () => symbols.find((symbol) => !books.has(symbol));
      if (unknown() !== undefined) await reader.findSymbols();
      return unknown();
    },
    isLoaded: (): boolean => books.size > 0,
    /** Identifies the numbering of this database. */
    epoch: (): string => epoch,
    /** Rejects unless the database was read within the last five seconds. */
    check: async (): Promise<void> => {
      if (deps.clock().getTime() - readAt > STALE_MS) throw new Error("market data is not current");
    },
  };
};

export type BookFollower = ReturnType<typeof createBookFollower>;

/** Reads events and applies them to the books. Calls of `catchUp` must not overlap. */
const createReader = (deps: Deps, books: Map<string, MarketBook>) => {
  const recent = createRecentEvents();
  let searchedAt = Number.NEGATIVE_INFINITY;
  let search = Promise.resolve();
  const advance = createAdvance(deps, books, recent);

  const loadNewSymbols = async (): Promise<void> => {
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
    deps.logger.warn({ symbols, rewound }, "books were rebuilt because events were missing");
    if (rewound) deps.onRewind();
    else built.forEach(deps.resync);
  };

  return {
    recent,
    /** Loads the books of new symbols; reads the list at most once a second. */
    findSymbols: (): Promise<void> => {
      const now = deps.clock().getTime();
      if (now - searchedAt < NEW_SYMBOLS_EVERY_MS) return search;
      searchedAt = now;
      search = loadNewSymbols();
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

/** Applies the events of a symbol; returns false when they do not lead to the settled command. */
const createAdvance =
  (deps: Deps, books: Map<string, MarketBook>, recent: RecentEvents) =>
  async ({ symbol, events, settledSeq, more }: News): Promise<boolean> => {
    for (const [index, event] of events.entries()) {
      // Lets sockets drain and pings go out.
      if (index % EVENTS_PER_TURN === EVENTS_PER_TURN - 1) await nextTurn();
      const before = books.get(symbol);
      const after = before === undefined ? "gap" : applyEvent(before, event);
      if (before === undefined || after === "gap") return false;
      if (after === "old") continue;
      books.set(symbol, after);
      recent.add(event);
      deps.publish(after, changeOf(before, event));
      deps.traceDelivery(event);
      const ageMs = deps.clock().getTime() - event.at.getTime();
      if (deps.hasClients()) deps.metrics.feedDelivery.observe(Math.max(0, ageMs) / 1_000);
    }
    return more ? events.length > 0 : books.get(symbol)?.seq === settledSeq;
  };
