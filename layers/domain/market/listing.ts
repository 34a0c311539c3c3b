import type { Money } from "../units.ts";
import { bandAround, highestPrice, type Instrument } from "./instrument.ts";

/** The terms of an instrument that an operator sets. `referencePrice` is the listed price. */
export type ListingTerms = Omit<Instrument, "symbol" | "currency" | "status">;

/** An instrument's terms and its current state. */
export type Listed = ListingTerms & {
  readonly status: Instrument["status"];
} & BookState;

/** What decides whether tick and lot size may change. */
export type BookState = {
  /** Whether it has open orders, commands that are not settled, or orders that are being written. */
  readonly busy: boolean;
  /** The price of the last trade. */
  readonly lastPrice: Money | undefined;
};

/** Terms with which no order could ever be accepted. */
type Untradable = "tick_too_small" | "off_tick" | "no_whole_lot" | "max_notional_too_small";

/** Why an instrument cannot have these terms. */
export type ListingRefusal = {
  readonly code: "instrument_in_use" | "quantity_range" | Untradable;
};

/**
 * Decides whether an instrument may have these terms. Prices and quantities in the book are counted
 * in ticks and lots, so these change only while the book is empty and no command is on its way.
 */
export const judgeListing = (
  listed: Listed | undefined,
  terms: ListingTerms,
): ListingRefusal | undefined => {
  if (terms.minQuantity > terms.maxQuantity) return { code: "quantity_range" };
  const untradable = untradableTerm(terms);
  if (untradable !== undefined) return { code: untradable };
  if (listed === undefined) return undefined;
  if (keepsTickAndLot(listed, terms)) return undefined;
  if (listed.status === "trading" || listed.busy) return { code: "instrument_in_use" };
  const isTooSmall = (listed.lastPrice ?? 0n) > highestPrice(terms.tickSize);
  return isTooSmall ? { code: "tick_too_small" } : undefined;
};

/** Whether the terms have the same tick and lot size, in which the matcher counts. */
export const keepsTickAndLot = (
  now: Pick<ListingTerms, "tickSize" | "lotSize">,
  next: Pick<ListingTerms, "tickSize" | "lotSize">,
): boolean => next.tickSize === now.tickSize && next.lotSize === now.lotSize;

const untradableTerm = (terms: ListingTerms): Untradable | undefined => {
  const { tickSize, lotSize, referencePrice, maxNotional } = terms;
  const smallest = Math.ceil(terms.minQuantity / lotSize) * lotSize;
  if (smallest > terms.maxQuantity) return "no_whole_lot";
  if (referencePrice !== undefined && referencePrice % tickSize !== 0n) return "off_tick";
  if (referencePrice !== undefined && referencePrice > highestPrice(tickSize))
    return "tick_too_small";
  const cheapest =
    referencePrice === undefined ? tickSize : bandAround(terms, referencePrice).lowest;
  return cheapest * BigInt(smallest) > maxNotional ? "max_notional_too_small" : undefined;
};
