import { isSymbol, type Ticker } from "../../../layers/domain/identifiers.ts";
import type { CableError } from "./cable.ts";

/** How often changes are sent: each change, or joined at most once a second. */
export type Mode = "normal" | "throttled";

/** The parameters of a subscription to the MarketChannel. */
export type MarketSubscription = { readonly symbols: readonly Ticker[]; readonly mode: Mode };

const SYMBOLS_MAX = 50;

/**
 * Reads the parameters of an identifier such as
 * `{"channel":"MarketChannel","symbols":["AAPL"],"mode":"normal"}`.
 */
export const parseMarketChannel = (
  parameters: Readonly<Record<string, unknown>>,
): MarketSubscription | CableError => {
  const { symbols, mode = "normal" } = parameters;
  if (!Array.isArray(symbols) || symbols.length === 0)
    return { code: "invalid_symbols", detail: '"symbols" is a list of one to 50 symbols.' };
  if (symbols.length > SYMBOLS_MAX)
    return {
      code: "too_many_symbols",
      detail: `A subscription has at most ${SYMBOLS_MAX} symbols.`,
    };
  if (!symbols.every(isTicker))
    return { code: "invalid_symbols", detail: "A symbol is a text such as AAPL." };
  if (mode !== "normal" && mode !== "throttled")
    return { code: "invalid_mode", detail: 'The modes are "normal" and "throttled".' };
  return { symbols: [...new Set(symbols)], mode };
};

const isTicker = (value: unknown): value is Ticker => typeof value === "string" && isSymbol(value);
