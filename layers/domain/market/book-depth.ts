import type { Money, Shares } from "../units.ts";

/**
 * A price level: the price and the open quantity there. In a change, quantity 0 removes the level.
 */
export type Level = { readonly price: Money; readonly quantity: Shares };

/** Both sides of a book, the best price first. */
export type BookDepth = { readonly bids: readonly Level[]; readonly asks: readonly Level[] };

export const EMPTY_DEPTH: BookDepth = { bids: [], asks: [] };

/**
 * Applies the changes of a batch to a book. Quantities are absolute, so a change that is applied
 * twice, or is already in the book, has no effect.
 */
export const applyDepth = (book: BookDepth, changes: BookDepth): BookDepth => ({
  bids: applySide(book.bids, changes.bids, (left, right) => left > right),
  asks: applySide(book.asks, changes.asks, (left, right) => left < right),
});

/** The best levels of each side, at most `count` of them. */
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

/**
 * The index of a price, or where it would be inserted: the first level that is not better (binary
 * search).
 */
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
