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

/**
 * One message on its way to everybody. A newer one of the same `kind` makes a waiting one useless. With
 * a `seq`, who has this message has everything up to that command.
 */
export type Said = {
  readonly json: string;
  readonly kind?: "quote" | "orderbook";
  readonly seq?: number;
};

/** What happened to one book since somebody last heard of it: one event, or several as one. */
export type Change = Pick<MarketEvent, "firstSeq" | "depth" | "trades"> & { readonly quote: Quote };

/** One event as a change of the book before it. */
export const changeOf = (before: MarketBook, event: MarketEvent): Change => ({
  firstSeq: event.firstSeq,
  depth: event.depth,
  trades: event.trades,
  quote: quoteOf(before.depth, before.last),
});

/** Changes in a row as one: every trade, the last quantity of each price, the first quote. */
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
 * What is said of a change, `after` being the book it led to. Trades and depth are complete, so that
 * a client can follow; quote and order book are views, sent when they changed.
 */
export const messagesOf = (after: MarketBook, change: Change): readonly Said[] => {
  const messages: Said[] = change.trades.map((trade) => ({
    json: tradeMessage(after.symbol, trade),
  }));
  messages.push({ json: depthMessage(after, change), seq: after.seq });
  if (!isSameQuote(change.quote, quoteOf(after.depth, after.last)))
    messages.push({ json: quoteMessage(after), kind: "quote" });
  if (!isEmpty(change.depth))
    messages.push({ json: bookMessage(after, VIEW_LEVELS), kind: "orderbook" });
  return messages;
};

/** What a new subscription hears first: the quote and the whole book. Nothing later replaces them. */
export const snapshotOf = (book: MarketBook): readonly Said[] => [
  { json: quoteMessage(book) },
  { json: bookMessage(book), seq: book.seq },
];

/** What somebody who had left hears instead: all trades, one depth, and how things stand now. */
export const catchUpOf = (book: MarketBook, events: readonly MarketEvent[]): readonly Said[] => {
  const [first, ...others] = events.map(
    ({ firstSeq, depth, trades }): Change => ({ firstSeq, depth, trades, quote: NO_QUOTE }),
  );
  const views = [{ json: quoteMessage(book) }, { json: bookMessage(book, VIEW_LEVELS) }];
  if (first === undefined) return views;
  const { trades, ...change } = joinChanges([first, ...others]);
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
