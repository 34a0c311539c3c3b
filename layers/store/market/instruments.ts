import type { Ticker } from "../../domain/identifiers.ts";
import type { Instrument } from "../../domain/market/instrument.ts";
import { money, shares } from "../../domain/units.ts";
import { type Executor, sql } from "../pg/database.ts";

type InstrumentRow = {
  readonly symbol: string;
  readonly name: string;
  readonly currency: string;
  readonly status: Instrument["status"];
  readonly tick_size: bigint;
  readonly lot_size: bigint;
  readonly min_quantity: bigint;
  readonly max_quantity: bigint;
  readonly max_notional: bigint;
  readonly reference_price: bigint | null;
  readonly price_band_bps: number;
  readonly duplicate_window_ms: number;
  readonly calendar: string;
};

const toInstrument = (row: InstrumentRow): Instrument => ({
  symbol: row.symbol as Ticker,
  name: row.name,
  currency: row.currency,
  status: row.status,
  tickSize: money(row.tick_size),
  lotSize: shares(Number(row.lot_size)),
  minQuantity: shares(Number(row.min_quantity)),
  maxQuantity: shares(Number(row.max_quantity)),
  maxNotional: money(row.max_notional),
  referencePrice: row.reference_price === null ? undefined : money(row.reference_price),
  priceBandBps: row.price_band_bps,
  duplicateWindowMs: row.duplicate_window_ms,
  calendar: row.calendar,
});

/**
 * Every instrument, by symbol, as orders are checked against it: with the last trade's price, and
 * halted while the matcher has a batch that it could not apply.
 */
export const listInstruments = async (db: Executor): Promise<readonly Instrument[]> => {
  const { rows } = await db.query<InstrumentRow>(sql`
    select symbol, name, currency,
      case when status = 'trading' and failed_seq > settled_seq then 'halted' else status end as status,
      tick_size, lot_size, min_quantity, max_quantity, max_notional,
      coalesce(last_price, reference_price) as reference_price,
      price_band_bps, duplicate_window_ms, calendar
    from market.instrument
    left join trading.book using (symbol)
    order by symbol`);
  return rows.map(toInstrument);
};
