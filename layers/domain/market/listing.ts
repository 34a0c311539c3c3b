import type { Instrument } from "./instrument.ts";

/** The terms of an instrument that an operator sets. `referencePrice` is the listed price. */
export type ListingTerms = Omit<Instrument, "symbol" | "currency" | "status">;

/** An instrument's terms and its current state. */
export type Listed = ListingTerms & {
  readonly status: Instrument["status"];
  /** Whether it has open orders or commands that are not settled, or was halted only just now. */
  readonly busy: boolean;
};

/** Why an instrument cannot have these terms. */
export type ListingRefusal = { readonly code: "instrument_in_use" | "quantity_range" };

/**
 * Decides whether an instrument may have these terms. Prices and quantities in the book are counted
 * in ticks and lots, so these change only while the book is empty and no command is on its way.
 */
export const judgeListing = (
  listed: Listed | undefined,
  terms: ListingTerms,
): ListingRefusal | undefined => {
  if (terms.minQuantity > terms.maxQuantity) return { code: "quantity_range" };
  if (listed === undefined) return undefined;
  const sameGrid = terms.tickSize === listed.tickSize && terms.lotSize === listed.lotSize;
  const idle = listed.status !== "trading" && !listed.busy;
  return sameGrid || idle ? undefined : { code: "instrument_in_use" };
};
