import type { Ticker } from "../identifiers.ts";
import { type Money, money, type Shares } from "../units.ts";

/** What is traded, and the limits every order of it must keep. Limits are data, not code. */
export type Instrument = {
  readonly symbol: Ticker;
  readonly name: string;
  readonly currency: string;
  readonly status: "trading" | "halted" | "closed";
  readonly tickSize: Money;
  readonly lotSize: Shares;
  readonly minQuantity: Shares;
  readonly maxQuantity: Shares;
  readonly maxNotional: Money;
  /** What the band is drawn around: the last trade, else the price it was listed with, if any. */
  readonly referencePrice: Money | undefined;
  /** Half the width of the band, in hundredths of a percent of the reference price. */
  readonly priceBandBps: number;
  /** For how long the same order, named by no client_order_id, counts as sent twice. */
  readonly duplicateWindowMs: number;
  /** Code of the calendar that says when its market is open. */
  readonly calendar: string;
};

export type PriceBand = { readonly lowest: Money; readonly highest: Money };

/**
 * The prices at which an instrument may trade, inclusive and on its ticks; undefined without a
 * reference price. A market order is collared at the far end of the band.
 */
export const priceBand = (instrument: Instrument): PriceBand | undefined =>
  instrument.referencePrice === undefined
    ? undefined
    : bandAround(instrument, instrument.referencePrice);

/** The band of the instrument's width around any price, such as the stop price of an order. */
export const bandAround = ({ tickSize, priceBandBps }: Instrument, center: Money): PriceBand => {
  const width = (center * BigInt(priceBandBps)) / 10_000n;
  const lowest = ((center - width + tickSize - 1n) / tickSize) * tickSize;
  const highest = ((center + width) / tickSize) * tickSize;
  return { lowest: money(lowest < tickSize ? tickSize : lowest), highest: money(highest) };
};
