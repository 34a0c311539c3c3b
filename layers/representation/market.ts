import { crc32 } from "node:zlib";
import { z } from "zod";
import { type BookDepth, type Level, topOf } from "../domain/market/book-depth.ts";
import { checksumText } from "../domain/market/checksum.ts";
import type { MarketBook, PublicTrade } from "../domain/market/market-event.ts";
import { formatMoney } from "../domain/units.ts";
import { moneyOut, timeOut } from "./fields.ts";

/** The number of the symbol's last settled command, as in the messages of the feed. */
export const seqOut = z.int().meta({
  description: "The last settled command of the symbol, counted as in the market feed.",
});

const levelOut = z.tuple([moneyOut, z.int()]).meta({ description: "Price and open quantity." });

/** The JSON of a book, over HTTP and in the feed. */
export const bookOut = z
  .strictObject({
    symbol: z.string(),
    seq: seqOut,
    bids: z.array(levelOut),
    asks: z.array(levelOut),
    checksum: z
      .int()
      .meta({ description: "CRC32 of the ten best levels; see docs/market-feed.md." }),
    ts: timeOut,
  })
  .meta({ id: "Book" });

/** The JSON of a trade, over HTTP and in the feed. */
export const tradeOut = z
  .strictObject({
    symbol: z.string(),
    trade_id: z.string(),
    price: moneyOut,
    quantity: z.int(),
    taker_side: z.enum(["buy", "sell"]),
    seq: seqOut,
    ts: timeOut,
  })
  .meta({ id: "Trade" });

/** The checksum of a book: CRC32 of its ten best levels, as an unsigned number. */
export const checksum = (depth: BookDepth): number => crc32(checksumText(depth));

/** Makes the JSON of a book: all of it, or the best levels only. The checksum is the same. */
export const showBook = (book: MarketBook, levels: number): z.input<typeof bookOut> => ({
  symbol: book.symbol,
  seq: book.seq,
  ...showDepth(topOf(book.depth, levels)),
  checksum: checksum(book.depth),
  ts: book.at.toISOString(),
});

/** Both sides as pairs of price and quantity, best first. */
export const showDepth = ({
  bids,
  asks,
}: BookDepth): { readonly bids: [string, number][]; readonly asks: [string, number][] } => ({
  bids: bids.map(pair),
  asks: asks.map(pair),
});

/** Makes the JSON of a trade, without the clients. */
export const showTrade = (symbol: string, trade: PublicTrade): z.input<typeof tradeOut> => ({
  symbol,
  trade_id: trade.tradeId,
  price: formatMoney(trade.price),
  quantity: trade.quantity,
  taker_side: trade.takerSide,
  seq: trade.seq,
  ts: trade.at.toISOString(),
});

const pair = ({ price, quantity }: Level): [string, number] => [formatMoney(price), quantity];
