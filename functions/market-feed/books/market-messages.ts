import type {
  MarketBook,
  MarketEvent,
  PublicTrade,
} from "../../../layers/domain/market/market-event.ts";
import { quoteOf } from "../../../layers/domain/market/quote.ts";
import { formatMoney, type Money } from "../../../layers/domain/units.ts";
import { checksum, showBook, showDepth, showTrade } from "../../../layers/representation/market.ts";
import type { MarketStatus } from "./market-status.ts";

/** Levels of each side in an `orderbook` after a change; the first `orderbook` has all levels. */
export const VIEW_LEVELS = 20;

/** The best prices and the last trade price; a price that does not exist is null. */
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

/** The whole book, or only its best levels. The checksum is the same in both cases. */
export const bookMessage = (book: MarketBook, levels = Number.POSITIVE_INFINITY): string =>
  JSON.stringify({ type: "orderbook", ...showBook(book, levels) });

/** The levels that changed since `firstSeq`, in absolute quantities; `after` is the resulting book. */
export const depthMessage = (
  after: MarketBook,
  change: Pick<MarketEvent, "firstSeq" | "depth">,
): string =>
  JSON.stringify({
    type: "depth",
    symbol: after.symbol,
    first_seq: change.firstSeq,
    last_seq: after.seq,
    ...showDepth(change.depth),
    checksum: checksum(after.depth),
    ts: after.at,
  });

export const tradeMessage = (symbol: string, trade: PublicTrade): string =>
  JSON.stringify({ type: "trade", ...showTrade(symbol, trade) });

/** The state of a market; `reason` is null when the level is `ok`. */
export const statusMessage = ({ symbol, level, reason, at }: MarketStatus): string =>
  JSON.stringify({ type: "status", symbol, level, reason, ts: at });

const priceText = (price: Money | undefined): string | null =>
  price === undefined ? null : formatMoney(price);
