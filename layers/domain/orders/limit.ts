import type { Instrument } from "../market/instrument.ts";
import type { Money, Shares } from "../units.ts";

/** The limits of one client. An undefined limit leaves the instrument's limit in force. */
export type OwnLimits = {
  readonly maxQuantity: Shares | undefined;
  readonly maxNotional: Money | undefined;
  readonly priceBandBps: number | undefined;
  readonly duplicateWindowMs: number | undefined;
};

export const NO_OWN_LIMITS: OwnLimits = {
  maxQuantity: undefined,
  maxNotional: undefined,
  priceBandBps: undefined,
  duplicateWindowMs: undefined,
};

/**
 * The instrument with the limits that apply to one client: of two limits the stricter. For
 * duplicates that is the longer window.
 */
export const limitedFor = (instrument: Instrument, own: OwnLimits): Instrument => ({
  ...instrument,
  maxQuantity: smaller(instrument.maxQuantity, own.maxQuantity),
  maxNotional: smaller(instrument.maxNotional, own.maxNotional),
  priceBandBps: smaller(instrument.priceBandBps, own.priceBandBps),
  duplicateWindowMs: Math.max(instrument.duplicateWindowMs, own.duplicateWindowMs ?? 0),
});

const smaller = <Limit extends number | bigint>(
  limit: Limit,
  clientLimit: Limit | undefined,
): Limit => (clientLimit !== undefined && clientLimit < limit ? clientLimit : limit);
