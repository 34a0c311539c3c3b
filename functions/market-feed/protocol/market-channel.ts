import { isSymbol, type Ticker } from "../../../layers/domain/identifiers.ts";
import { parseObject } from "./cable.ts";

/** How often changes are sent: each one, or together at most once a second. */
export type Mode = "normal" | "throttled";

/** What a subscription of the MarketChannel asks for. */
export type MarketSubscription = { readonly symbols: readonly Ticker[]; readonly mode: Mode };

const CHANNEL = "MarketChannel";
const SYMBOLS_MAX = 50;

/**
 * Reads an identifier such as `{"channel":"MarketChannel","symbols":["AAPL"],"mode":"normal"}`.
 * Undefined for another channel, no symbols, too many, or a mode there is not.
 */
export const parseMarketChannel = (identifier: string): MarketSubscription | undefined => {
  const { channel, symbols, mode = "normal" } = parseObject(identifier) ?? {};
  if (channel !== CHANNEL || !Array.isArray(symbols) || symbols.length > SYMBOLS_MAX)
    return undefined;
  if (symbols.length === 0 || !symbols.every(isTicker)) return undefined;
  if (mode !== "normal" && mode !== "throttled") return undefined;
  return { symbols: [...new Set(symbols)], mode };
};

const isTicker = (value: unknown): value is Ticker => typeof value === "string" && isSymbol(value);
