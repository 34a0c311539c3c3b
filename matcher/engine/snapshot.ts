import { type Book, createBook } from "./book.ts";
import type { Snapshot } from "./protocol.ts";
import { naiveSnapshot } from "./reference/naive-book.ts";

/** The whole book as plain data: bids, then asks, best level first, every queue in its order. */
export const snapshot = (book: Book): Snapshot => naiveSnapshot(book.inner);

/** A book that goes on exactly as the one the snapshot was taken from. */
export const restore = (saved: Snapshot): Book => {
  const book = createBook();
  book.inner.resting = [...saved.resting];
  book.inner.stops = [...saved.stops];
  book.inner.lastOrder = saved.lastOrder;
  book.inner.lastPrice = saved.lastPrice;
  book.inner.halted = saved.halted;
  return book;
};

/** Sixteen hexadecimal digits that are equal for equal books, queue positions and stops included. */
export const hash = (book: Book): string => {
  const { lastOrder: _, ...state } = snapshot(book);
  let low = 0x9e3779b9;
  let high = 0x85ebca6b;
  for (const letter of JSON.stringify(state)) {
    const code = letter.charCodeAt(0);
    low = Math.imul(low ^ code, 0x01000193);
    high = Math.imul(high ^ low ^ code, 0xc2b2ae35);
  }
  const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, "0");
  return hex(high) + hex(low);
};
