import { crc32 } from "./crc32.ts";
import { compareDecimals } from "./decimal.ts";

export type Level = readonly [price: string, quantity: number];

export type BookMessage = {
  readonly type: "orderbook";
  readonly symbol: string;
  readonly seq: number;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
  readonly checksum: number;
};

export type DepthMessage = {
  readonly type: "depth";
  readonly symbol: string;
  readonly first_seq: number;
  readonly last_seq: number;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
  readonly checksum: number;
};

/** A whole order book, best prices first, and the last change it contains. */
export type Book = {
  readonly seq: number;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
};

/** `gap`: a change is missing. `checksum`: the book is not the server's. In both cases, read the book again. */
export type Applied = { readonly book: Book } | { readonly fault: "gap" | "checksum" };

const CHECKED_LEVELS = 10;

const sideText = (levels: readonly Level[]): string =>
  levels
    .slice(0, CHECKED_LEVELS)
    .map(([price, quantity]) => `${price}:${quantity}`)
    .join(",");

/** The checksum that the feed sends with each change of a book. */
export const checksumOf = ({ bids, asks }: Pick<Book, "bids" | "asks">): number =>
  crc32(`${sideText(bids)}|${sideText(asks)}`);

const verified = (book: Book, checksum: number): Applied =>
  checksumOf(book) === checksum ? { book } : { fault: "checksum" };

/** Sets each changed price to its quantity and keeps the side sorted; 0 removes the price. */
const changeSide = (
  side: readonly Level[],
  changes: readonly Level[],
  order: (a: string, b: string) => number,
): readonly Level[] => {
  if (changes.length === 0) return side;
  const levels = [...side];
  for (const change of changes) {
    const [price, quantity] = change;
    const index = positionOf(levels, price, order);
    const exists = levels[index]?.[0] === price;
    if (quantity === 0) levels.splice(index, exists ? 1 : 0);
    else levels.splice(index, exists ? 1 : 0, change);
  }
  return levels;
};

/** The index of the price in a sorted side, or the index at which to insert it. */
const positionOf = (
  levels: readonly Level[],
  price: string,
  order: (a: string, b: string) => number,
): number => {
  let low = 0;
  let high = levels.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const level = levels[middle];
    if (level !== undefined && order(level[0], price) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
};

const descending = (a: string, b: string): number => compareDecimals(b, a);

/** Starts a book from a whole `orderbook`: the first of a subscription, or the one read over HTTP. */
export const bookFrom = ({ seq, bids, asks, checksum }: Omit<BookMessage, "type" | "symbol">) =>
  verified({ seq, bids, asks }, checksum);

/** Applies a `depth`; one that the book already contains changes nothing. */
export const applyDepth = (book: Book, depth: DepthMessage): Applied => {
  if (depth.last_seq <= book.seq) return { book };
  if (depth.first_seq > book.seq + 1) return { fault: "gap" };
  return verified(
    {
      seq: depth.last_seq,
      bids: changeSide(book.bids, depth.bids, descending),
      asks: changeSide(book.asks, depth.asks, compareDecimals),
    },
    depth.checksum,
  );
};

/** Applies a later `orderbook` of the feed: with a greater `seq` it has every level and replaces the book. */
export const applyView = (book: Book, view: BookMessage): Applied =>
  view.seq > book.seq ? bookFrom(view) : { book };
