import type { Ticker } from "../domain/identifiers.ts";
import type { Instrument } from "../domain/instrument.ts";
import { money, shares } from "../domain/units.ts";
import { type Executor, sql } from "./database.ts";

type InstrumentRow = {
  readonly symbol: string;
  readonly currency: string;
  readonly status: Instrument["status"];
  readonly tick_size: bigint;
  readonly lot_size: bigint;
  readonly min_quantity: bigint;
  readonly max_quantity: bigint;
  readonly max_notional: bigint;
  readonly reference_price: bigint | null;
  readonly price_band_bps: number;
};

const toInstrument = (row: InstrumentRow): Instrument => ({
  symbol: row.symbol as Ticker,
  currency: row.currency,
  status: row.status,
  tickSize: money(row.tick_size),
  lotSize: shares(Number(row.lot_size)),
  minQuantity: shares(Number(row.min_quantity)),
  maxQuantity: shares(Number(row.max_quantity)),
  maxNotional: money(row.max_notional),
  referencePrice: row.reference_price === null ? undefined : money(row.reference_price),
  priceBandBps: row.price_band_bps,
});

/** Every instrument there is, by symbol. */
export const listInstruments = async (db: Executor): Promise<readonly Instrument[]> => {
  const { rows } = await db.query<InstrumentRow>(sql`
    select symbol, currency, status, tick_size, lot_size, min_quantity, max_quantity, max_notional,
      reference_price, price_band_bps
    from market.instrument
    order by symbol`);
  return rows.map(toInstrument);
};
