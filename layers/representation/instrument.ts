import { z } from "zod";
import { type Instrument, priceBand } from "../domain/market/instrument.ts";
import type { Sessions } from "../domain/market/session.ts";
import { formatMoney, type Money } from "../domain/units.ts";
import { moneyOut, timeOut } from "./fields.ts";

const sessionOut = z.strictObject({
  open: z.boolean(),
  opens_at: timeOut
    .nullable()
    .meta({ description: "When the current session opened, or the next one opens." }),
  closes_at: timeOut.nullable().meta({ description: "When DAY orders end." }),
});

/** The JSON of an instrument: the limits that its orders are checked against. */
export const instrumentOut = z
  .strictObject({
    symbol: z.string(),
    name: z.string(),
    currency: z.string(),
    status: z.enum(["trading", "halted", "closed"]),
    tick_size: moneyOut,
    lot_size: z.int(),
    min_quantity: z.int(),
    max_quantity: z.int(),
    max_notional: moneyOut,
    reference_price: moneyOut
      .nullable()
      .meta({ description: "The last trade, else the price the instrument was listed with." }),
    price_band_bps: z.int(),
    price_band: z.strictObject({ lowest: moneyOut, highest: moneyOut }).nullable(),
    duplicate_window_ms: z.int(),
    calendar: z.string(),
    session: sessionOut,
  })
  .meta({ id: "Instrument" });

const showMoney = (amount: Money | undefined): string | null =>
  amount === undefined ? null : formatMoney(amount);

/** Makes the JSON of an instrument, with the current or next session of its market. */
export const showInstrument = (
  instrument: Instrument,
  { current, next }: Sessions,
): z.input<typeof instrumentOut> => {
  const band = priceBand(instrument);
  const session = current ?? next;
  return {
    symbol: instrument.symbol,
    name: instrument.name,
    currency: instrument.currency,
    status: instrument.status,
    tick_size: formatMoney(instrument.tickSize),
    lot_size: instrument.lotSize,
    min_quantity: instrument.minQuantity,
    max_quantity: instrument.maxQuantity,
    max_notional: formatMoney(instrument.maxNotional),
    reference_price: showMoney(instrument.referencePrice),
    price_band_bps: instrument.priceBandBps,
    price_band:
      band === undefined
        ? null
        : { lowest: formatMoney(band.lowest), highest: formatMoney(band.highest) },
    duplicate_window_ms: instrument.duplicateWindowMs,
    calendar: instrument.calendar,
    session: {
      open: current !== undefined,
      opens_at: session?.opensAt.toISOString() ?? null,
      closes_at: session?.closesAt.toISOString() ?? null,
    },
  };
};
