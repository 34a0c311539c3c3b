import type { Money, Shares } from "../units.ts";

/** One price of the visible book, and all that is open there. In a change, zero removes the price. */
export type Level = { readonly price: Money; readonly quantity: Shares };

/** Both sides of a book, the best price first. */
export type BookDepth = { readonly bids: readonly Level[]; readonly asks: readonly Level[] };

export const EMPTY_DEPTH: BookDepth = { bids: [], asks: [] };

/**
 * The book after a batch. Quantities are absolute, so applying a change twice, or one that the book
 * already contains, does no harm.
 */
export const applyDepth = (book: BookDepth, changes: BookDepth): BookDepth => ({
  bids: applySide(book.bids, changes.bids, (left, right) => left > right),
  asks: applySide(book.asks, changes.asks, (left, right) => left < right),
});

/** The best levels of each side, at most so many. */
export const topOf = (book: BookDepth, levels: number): BookDepth => ({
  bids: book.bids.slice(0, levels),
  asks: book.asks.slice(0, levels),
});

type IsBetter = (left: Money, right: Money) => boolean;

const applySide = (
  levels: readonly Level[],
  changes: readonly Level[],
  isBetter: IsBetter,
): readonly Level[] => {
  if (changes.length === 0) return levels;
  const next = [...levels];
  for (const change of changes) {
    const index = placeOf(next, change.price, isBetter);
    const present = next[index]?.price === change.price ? 1 : 0;
    next.splice(index, present, ...(change.quantity === 0 ? [] : [change]));
  }
  return next;
};

/** Where the price is, or where it would be: the first level that is not better (binary search). */
const placeOf = (levels: readonly Level[], price: Money, isBetter: IsBetter): number => {
  let low = 0;
  let high = levels.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const level = levels[middle];
    if (level !== undefined && isBetter(level.price, price)) low = middle + 1;
    else high = middle;
  }
  return low;
};
