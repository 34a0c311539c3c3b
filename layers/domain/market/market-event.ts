import type { Ticker } from "../identifiers.ts";
import type { Money, Shares } from "../units.ts";
import { applyDepth, type BookDepth } from "./book-depth.ts";

/** A trade as it is published: without the clients. */
export type PublicTrade = {
  readonly tradeId: string;
  readonly price: Money;
  readonly quantity: Shares;
  readonly takerSide: "buy" | "sell";
  readonly seq: number;
  readonly at: Date;
};

/**
 * The changes of one settled batch to one book. The numbers of a symbol's events have no gaps: each
 * `firstSeq` is the `lastSeq` of the event before plus one. `depth` has only the levels that
 * changed.
 */
export type MarketEvent = {
  readonly symbol: Ticker;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly depth: BookDepth;
  readonly trades: readonly PublicTrade[];
  readonly at: Date;
};

/** A book after the settled orders, with the number of the last command in it. */
export type MarketBook = {
  readonly symbol: Ticker;
  readonly seq: number;
  readonly depth: BookDepth;
  readonly last: Money | undefined;
  readonly at: Date;
};

/**
 * The book after the event, or why the event does not apply: it is already in the book, or an
 * earlier event is missing.
 */
export const applyEvent = (book: MarketBook, event: MarketEvent): MarketBook | "old" | "gap" => {
  if (event.lastSeq <= book.seq) return "old";
  if (event.firstSeq !== book.seq + 1) return "gap";
  return {
    symbol: book.symbol,
    seq: event.lastSeq,
    depth: applyDepth(book.depth, event.depth),
    last: event.trades.at(-1)?.price ?? book.last,
    at: event.at,
  };
};
