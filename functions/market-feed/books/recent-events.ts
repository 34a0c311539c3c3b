import type { Ticker } from "../../../layers/domain/identifiers.ts";
import type { MarketBook, MarketEvent } from "../../../layers/domain/market/market-event.ts";
import { readNews } from "../../../layers/store/market/market-events.ts";
import type { Executor } from "../../../layers/store/pg/database.ts";

/** Events of one symbol that are remembered, for those who come back. */
const REMEMBERED = 2_000;

/** What happened lately in each book, so that somebody who was away for a while need not start anew. */
export const createRecent = () => {
  const bySymbol = new Map<Ticker, MarketEvent[]>();

  const add = (event: MarketEvent): void => {
    const events = bySymbol.get(event.symbol) ?? [];
    if (events.length >= 2 * REMEMBERED) events.splice(0, REMEMBERED); // seldom, and then many
    events.push(event);
    bySymbol.set(event.symbol, events);
  };

  return {
    add,
    /** Recalls what led to these books, for whoever followed another process before. */
    load: async (db: Executor, books: readonly MarketBook[]): Promise<void> => {
      let cursors = books.map(({ symbol, seq }) => ({
        symbol,
        seq: Math.max(0, seq - REMEMBERED),
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
    /** The events that lead from a command to the book; undefined when one of them is forgotten. */
    since: (book: MarketBook, seq: number): readonly MarketEvent[] | undefined => {
      if (seq === book.seq) return [];
      const events = bySymbol.get(book.symbol) ?? [];
      const first = events.findIndex(({ firstSeq }) => firstSeq === seq + 1);
      if (first < 0 || events.at(-1)?.lastSeq !== book.seq) return undefined;
      const wanted = events.slice(first);
      const joined = wanted.every(
        ({ firstSeq }, index) => index === 0 || firstSeq === (wanted[index - 1]?.lastSeq ?? 0) + 1,
      );
      return joined ? wanted : undefined;
    },
  };
};

export type Recent = ReturnType<typeof createRecent>;
