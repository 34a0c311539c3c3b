import { crc32 } from "node:zlib";
import { type BookDepth, type Level, topOf } from "../../layers/domain/book-depth.ts";
import { checksumText } from "../../layers/domain/checksum.ts";
import type { MarketBook, MarketEvent, PublicTrade } from "../../layers/domain/market-event.ts";
import { quoteOf } from "../../layers/domain/quote.ts";
import { formatMoney, type Money } from "../../layers/domain/units.ts";

/** Levels of each side in the `orderbook` that follows a change; the first one has them all. */
export const VIEW_LEVELS = 20;

/** The checksum of a book: CRC32 of its ten best levels, as an unsigned number. */
export const checksum = (depth: BookDepth): number => crc32(checksumText(depth));

/** The best prices and the last trade; a price there is not is null. */
export const quoteMessage = ({ symbol, depth, last, seq, at }: MarketBook): string => {
  const quote = quoteOf(depth, last);
  return JSON.stringify({
    type: "quote",
    symbol,
    bid: priceText(quote.bid),
    ask: priceText(quote.ask),
    mid: priceText(quote.mid),
    last: priceText(quote.last),
    seq,
    ts: at,
  });
};

/** The book: all of it, or the best levels only. The checksum is the same either way. */
export const bookMessage = (book: MarketBook, levels = Number.POSITIVE_INFINITY): string =>
  JSON.stringify({
    type: "orderbook",
    symbol: book.symbol,
    seq: book.seq,
    ...depthFields(topOf(book.depth, levels)),
    checksum: checksum(book.depth),
    ts: book.at,
  });

/** What changed from `firstSeq` on, in absolute quantities; `after` is the book it leads to. */
export const depthMessage = (
  after: MarketBook,
  change: Pick<MarketEvent, "firstSeq" | "depth">,
): string =>
  JSON.stringify({
    type: "depth",
    symbol: after.symbol,
    first_seq: change.firstSeq,
    last_seq: after.seq,
    ...depthFields(change.depth),
    checksum: checksum(after.depth),
    ts: after.at,
  });

export const tradeMessage = (symbol: string, trade: PublicTrade): string =>
  JSON.stringify({
    type: "trade",
    symbol,
    trade_id: trade.tradeId,
    price: formatMoney(trade.price),
    quantity: trade.quantity,
    taker_side: trade.takerSide,
    seq: trade.seq,
    ts: trade.at,
  });

const priceText = (price: Money | undefined): string | null =>
  price === undefined ? null : formatMoney(price);

const pair = ({ price, quantity }: Level): readonly [string, number] => [
  formatMoney(price),
  quantity,
];

const depthFields = ({ bids, asks }: BookDepth) => ({
  bids: bids.map(pair),
  asks: asks.map(pair),
});
