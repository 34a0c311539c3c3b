import type { BookDepth, Level } from "../../layers/domain/book-depth.ts";
import type { MarketBook, MarketEvent } from "../../layers/domain/market-event.ts";
import { isSameQuote, type Quote, quoteOf } from "../../layers/domain/quote.ts";
import { bookMessage, depthMessage, quoteMessage, tradeMessage, VIEW_LEVELS } from "./messages.ts";

/** One message on its way to everybody. A newer one of the same `kind` makes a waiting one useless. */
export type Message = { readonly json: string; readonly kind?: "quote" | "orderbook" };

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
export const messagesOf = (after: MarketBook, change: Change): readonly Message[] => {
  const messages: Message[] = change.trades.map((trade) => ({
    json: tradeMessage(after.symbol, trade),
  }));
  messages.push({ json: depthMessage(after, change) });
  if (!isSameQuote(change.quote, quoteOf(after.depth, after.last)))
    messages.push({ json: quoteMessage(after), kind: "quote" });
  if (!isEmpty(change.depth))
    messages.push({ json: bookMessage(after, VIEW_LEVELS), kind: "orderbook" });
  return messages;
};

/** What a new subscription hears first: the quote and the whole book. Nothing later replaces them. */
export const snapshotOf = (book: MarketBook): readonly Message[] => [
  { json: quoteMessage(book) },
  { json: bookMessage(book) },
];

const isEmpty = ({ bids, asks }: BookDepth): boolean => bids.length === 0 && asks.length === 0;

const lastQuantities = (levels: readonly Level[]): readonly Level[] => {
  const quantities = new Map(levels.map(({ price, quantity }) => [price, quantity]));
  return [...quantities].map(([price, quantity]) => ({ price, quantity }));
};
