import { type Money, money } from "../units.ts";
import type { BookDepth } from "./book-depth.ts";

/** The best prices and the last trade. `mid` needs both sides; half a ten-thousandth is cut off. */
export type Quote = {
  readonly bid: Money | undefined;
  readonly ask: Money | undefined;
  readonly mid: Money | undefined;
  readonly last: Money | undefined;
};

/** Reads the quote off a book. */
export const quoteOf = (book: BookDepth, last: Money | undefined): Quote => {
  const bid = book.bids[0]?.price;
  const ask = book.asks[0]?.price;
  const mid = bid === undefined || ask === undefined ? undefined : money((bid + ask) / 2n);
  return { bid, ask, mid, last };
};

/** True when nobody who looks at quotes could tell the two apart. */
export const isSameQuote = (left: Quote, right: Quote): boolean =>
  left.bid === right.bid && left.ask === right.ask && left.last === right.last;
