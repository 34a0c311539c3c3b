import type { Instrument } from "./instrument.ts";

/** What an operator decides about an instrument. `referencePrice` is the one it is listed with. */
export type ListingTerms = Omit<Instrument, "symbol" | "currency" | "status">;

/** How an instrument is listed, and what goes on in it. */
export type Listed = ListingTerms & {
  readonly status: Instrument["status"];
  /** True while orders are open, commands on their way, or it stopped trading just now. */
  readonly busy: boolean;
};

/** Why an instrument cannot be listed so. */
export type ListingRefusal = { readonly code: "instrument_in_use" | "quantity_range" };

/**
 * Decides whether an instrument may have these terms. Tick and lot are what prices and quantities in
 * the book are counted in: they change only while nothing is in it and nothing can come.
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
