import type { Ticker } from "../identifiers.ts";
import { type Money, money, type Shares } from "../units.ts";

/**
 * A traded instrument and the limits that every order in it must keep. Limits are data, not code.
 */
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
  /**
   * The centre of the price band: the last trade, or before the first trade the listed price, if
   * any.
   */
  readonly referencePrice: Money | undefined;
  /** Half the width of the band, in hundredths of a percent of the reference price. */
  readonly priceBandBps: number;
  /** Within this time the same terms without a client_order_id are a duplicate order. */
  readonly duplicateWindowMs: number;
  /** The code of its market's calendar, which has the trading sessions. */
  readonly calendar: string;
};

export type PriceBand = { readonly lowest: Money; readonly highest: Money };

/**
 * The lowest and highest price at which an instrument may trade, inclusive and on its ticks;
 * undefined without a reference price. The collar of a market order is the far end of this band.
 */
export const priceBand = (instrument: Instrument): PriceBand | undefined =>
  instrument.referencePrice === undefined
    ? undefined
    : bandAround(instrument, instrument.referencePrice);

/** The matching engine counts prices in ticks, in 31 bits. */
const TICKS_MAX = 2n ** 31n - 1n;

/** The highest price that the matching engine can count in these ticks. */
export const highestPrice = (tickSize: Money): bigint => tickSize * TICKS_MAX;

/** The price band around a given price, such as the stop price of an order. */
export const bandAround = (
  { tickSize, priceBandBps }: Pick<Instrument, "tickSize" | "priceBandBps">,
  center: Money,
): PriceBand => {
  const width = (center * BigInt(priceBandBps)) / 10_000n;
  const lowest = ((center - width + tickSize - 1n) / tickSize) * tickSize;
  const highest = ((center + width) / tickSize) * tickSize;
  const most = highestPrice(tickSize);
  return {
    lowest: money(lowest < tickSize ? tickSize : lowest),
    highest: money(highest < most ? highest : most),
  };
};
