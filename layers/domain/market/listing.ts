import { bandAround, highestPrice, type Instrument } from "./instrument.ts";

/** The terms of an instrument that an operator sets. `referencePrice` is the listed price. */
export type ListingTerms = Omit<Instrument, "symbol" | "currency" | "status">;

/** An instrument's terms and its current state. */
export type Listed = ListingTerms & {
  readonly status: Instrument["status"];
  /** Whether it has open orders or commands that are not settled, or was halted only just now. */
  readonly busy: boolean;
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
  const sameGrid = terms.tickSize === listed.tickSize && terms.lotSize === listed.lotSize;
  const idle = listed.status !== "trading" && !listed.busy;
  return sameGrid || idle ? undefined : { code: "instrument_in_use" };
};

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
