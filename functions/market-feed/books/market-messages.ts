import type {
  MarketBook,
  MarketEvent,
  PublicTrade,
} from "../../../layers/domain/market/market-event.ts";
import { quoteOf } from "../../../layers/domain/market/quote.ts";
import { formatMoney, type Money } from "../../../layers/domain/units.ts";
import { checksum, showBook, showDepth, showTrade } from "../../../layers/representation/market.ts";
import type { MarketStatus } from "./market-publisher.ts";

/** Levels of each side in the `orderbook` that follows a change; the first one has them all. */
export const VIEW_LEVELS = 20;

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
  JSON.stringify({ type: "orderbook", ...showBook(book, levels) });

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
    ...showDepth(change.depth),
    checksum: checksum(after.depth),
    ts: after.at,
  });

export const tradeMessage = (symbol: string, trade: PublicTrade): string =>
  JSON.stringify({ type: "trade", ...showTrade(symbol, trade) });

/** How the market of a symbol does; `reason` is null when all is well. */
export const statusMessage = ({ symbol, level, reason, at }: MarketStatus): string =>
  JSON.stringify({ type: "status", symbol, level, reason, ts: at });

const priceText = (price: Money | undefined): string | null =>
  price === undefined ? null : formatMoney(price);
