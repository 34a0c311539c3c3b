import type { Ticker } from "../../../layers/domain/identifiers.ts";
import type { MarketBook, MarketEvent } from "../../../layers/domain/market/market-event.ts";
import { readNews } from "../../../layers/store/market/market-events.ts";
import type { Executor } from "../../../layers/store/pg/database.ts";

/** How many events of a symbol are kept for clients that resume. */
const KEPT_EVENTS = 2_000;

/** The latest events of each book, from which a client that was away for a while can catch up. */
export const createRecentEvents = () => {
  const bySymbol = new Map<Ticker, MarketEvent[]>();

  const add = (event: MarketEvent): void => {
    const events = bySymbol.get(event.symbol) ?? [];
    // Removing many at once, and seldom, is cheaper than removing one each time.
    if (events.length >= 2 * KEPT_EVENTS) events.splice(0, KEPT_EVENTS);
    events.push(event);
    bySymbol.set(event.symbol, events);
  };

  return {
    add,
    /** Reads the events that led to these books, for clients that another process served before. */
    load: async (db: Executor, books: readonly MarketBook[]): Promise<void> => {
      let cursors = books.map(({ symbol, seq }) => ({
        symbol,
        seq: Math.max(0, seq - KEPT_EVENTS),
      }));
      while (cursors.length > 0) {
        const news = await readNews(db, cursors);
        cursors = news.flatMap(({ symbol, events, more }) => {
          const end = books.find((book) => book.symbol === symbol)?.seq ?? 0;
          const known = events.filter(({ lastSeq }) => lastSeq <= end);
          known.forEach(add);
          const seq = known.at(-1)?.lastSeq ?? end;
          return more && seq < end ? [{ symbol, seq }] : [];
        });
      }
    },
    /** The events from a command to the book; undefined when one of them is no longer kept. */
    since: (book: MarketBook, seq: number): readonly MarketEvent[] | undefined => {
      if (seq === book.seq) return [];
      const events = bySymbol.get(book.symbol) ?? [];
      const first = events.findIndex(({ firstSeq }) => firstSeq === seq + 1);
      if (first < 0 || events.at(-1)?.lastSeq !== book.seq) return undefined;
      const wanted = events.slice(first);
      const isGapless = wanted.every(
        ({ firstSeq }, index) => index === 0 || firstSeq === (wanted[index - 1]?.lastSeq ?? 0) + 1,
      );
      return isGapless ? wanted : undefined;
    },
  };
};

export type RecentEvents = ReturnType<typeof createRecentEvents>;
