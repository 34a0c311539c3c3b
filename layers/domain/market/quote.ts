import { type Money, money } from "../units.ts";
import type { BookDepth } from "./book-depth.ts";

/**
 * The best prices and the last trade. `mid` needs both sides and is rounded down to a
 * ten-thousandth.
 */
export type Quote = {
  readonly bid: Money | undefined;
  readonly ask: Money | undefined;
  readonly mid: Money | undefined;
  readonly last: Money | undefined;
};

/** The quote of a book. */
export const quoteOf = (book: BookDepth, last: Money | undefined): Quote => {
  const bid = book.bids[0]?.price;
  const ask = book.asks[0]?.price;
  const mid = bid === undefined || ask === undefined ? undefined : money((bid + ask) / 2n);
  return { bid, ask, mid, last };
};

/** Returns whether two quotes look the same to a client. */
export const isSameQuote = (left: Quote, right: Quote): boolean =>
  left.bid === right.bid && left.ask === right.ask && left.last === right.last;
