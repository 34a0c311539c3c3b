import { formatMoney } from "../units.ts";
import { type BookDepth, type Level, topOf } from "./book-depth.ts";

/** The number of levels of each side that the checksum covers. */
const CHECKSUM_LEVELS = 10;

const textOf = ({ price, quantity }: Level): string => `${formatMoney(price)}:${quantity}`;

/**
 * The text whose CRC32 proves that two books agree: `price:quantity` of the ten best bids, then of
 * the ten best asks, best first, with the strings as they are sent.
 */
export const checksumText = (book: BookDepth): string => {
  const { bids, asks } = topOf(book, CHECKSUM_LEVELS);
  return `${bids.map(textOf).join(",")}|${asks.map(textOf).join(",")}`;
};
