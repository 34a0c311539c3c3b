import type { BookDepth, Level } from "../../../layers/domain/market/book-depth.ts";
import type { MarketBook, MarketEvent } from "../../../layers/domain/market/market-event.ts";
import { isSameQuote, type Quote, quoteOf } from "../../../layers/domain/market/quote.ts";
import {
  bookMessage,
  depthMessage,
  quoteMessage,
  tradeMessage,
  VIEW_LEVELS,
} from "./market-messages.ts";

/** A message for all subscribers of a book. */
export type MarketMessage = {
  readonly json: string;
  /** A newer message of the same kind makes a waiting one useless. */
  readonly kind?: "quote" | "orderbook";
  /** A client that has this message has everything up to this command. */
  readonly seq?: number;
};

/** The changes of a book since the last message to subscribers, from one event or several. */
export type Change = Pick<MarketEvent, "firstSeq" | "depth" | "trades"> & {
  /** The quote before the change. */
  readonly quote: Quote;
};

/** An event as a change of the book before it. */
export const changeOf = (before: MarketBook, event: MarketEvent): Change => ({
  firstSeq: event.firstSeq,
  depth: event.depth,
  trades: event.trades,
  quote: quoteOf(before.depth, before.last),
});

/** Joins successive changes: all trades, the last quantity of each price, the first quote. */
export const joinChanges = (changes: readonly [Change, ...Change[]]): Change => ({
  firstSeq: changes[0].firstSeq,
  depth: {
    bids: lastQuantities(changes.flatMap(({ depth }) => depth.bids)),
    asks: lastQuantities(changes.flatMap(({ depth }) => depth.asks)),
  },
  trades: changes.flatMap(({ trades }) => trades),
  quote: changes[0].quote,
});

/**
 * The messages about a change; `after` is the resulting book. Trades and depth are complete, so that a
 * client can follow the book; quote and order book are views, sent only when they changed.
 */
export const changeMessages = (after: MarketBook, change: Change): readonly MarketMessage[] => {
  const messages: MarketMessage[] = change.trades.map((trade) => ({
    json: tradeMessage(after.symbol, trade),
  }));
  messages.push({ json: depthMessage(after, change), seq: after.seq });
  if (!isSameQuote(change.quote, quoteOf(after.depth, after.last)))
    messages.push({ json: quoteMessage(after), kind: "quote" });
  if (!isEmpty(change.depth))
    messages.push({ json: bookMessage(after, VIEW_LEVELS), kind: "orderbook" });
  return messages;
};

/** The first messages of a subscription: the quote and the whole book. Later ones do not replace them. */
export const snapshotMessages = (book: MarketBook): readonly MarketMessage[] => [
  { json: quoteMessage(book) },
  { json: bookMessage(book), seq: book.seq },
];

/** The first messages of a resumed subscription: all missed trades, one depth, and current views. */
export const catchUpMessages = (
  book: MarketBook,
  events: readonly MarketEvent[],
): readonly MarketMessage[] => {
  const [first, ...later] = events.map(
    ({ firstSeq, depth, trades }): Change => ({ firstSeq, depth, trades, quote: NO_QUOTE }),
  );
  const views = [{ json: quoteMessage(book) }, { json: bookMessage(book, VIEW_LEVELS) }];
  if (first === undefined) return views;
  const { trades, ...change } = joinChanges([first, ...later]);
  return [
    ...trades.map((trade) => ({ json: tradeMessage(book.symbol, trade) })),
    { json: depthMessage(book, change), seq: book.seq },
    ...views,
  ];
};

const NO_QUOTE: Quote = { bid: undefined, ask: undefined, mid: undefined, last: undefined };

const isEmpty = ({ bids, asks }: BookDepth): boolean => bids.length === 0 && asks.length === 0;

const lastQuantities = (levels: readonly Level[]): readonly Level[] => {
  const quantities = new Map(levels.map(({ price, quantity }) => [price, quantity]));
  return [...quantities].map(([price, quantity]) => ({ price, quantity }));
};
