import type { Ticker } from "./identifiers.ts";
import { type Money, money, type Shares } from "./units.ts";

/** What is traded, and the limits every order of it must keep. Limits are data, not code. */
export type Instrument = {
  readonly symbol: Ticker;
  readonly currency: string;
  readonly status: "trading" | "halted" | "closed";
  readonly tickSize: Money;
  readonly lotSize: Shares;
  readonly minQuantity: Shares;
  readonly maxQuantity: Shares;
  readonly maxNotional: Money;
  /** The price that the band is drawn around; undefined until there has been one. */
  readonly referencePrice: Money | undefined;
  /** Half the width of the band, in hundredths of a percent of the reference price. */
  readonly priceBandBps: number;
};

export type PriceBand = { readonly lowest: Money; readonly highest: Money };

/**
 * The prices at which an instrument may trade, inclusive and on its ticks; undefined without a
 * reference price. A market order is collared at the far end of the band.
 */
export const priceBand = (instrument: Instrument): PriceBand | undefined => {
  const { referencePrice, tickSize, priceBandBps } = instrument;
  if (referencePrice === undefined) return undefined;
  const width = (referencePrice * BigInt(priceBandBps)) / 10_000n;
  const lowest = ((referencePrice - width + tickSize - 1n) / tickSize) * tickSize;
  const highest = ((referencePrice + width) / tickSize) * tickSize;
  return { lowest: money(lowest < tickSize ? tickSize : lowest), highest: money(highest) };
};
