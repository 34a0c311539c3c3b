import type { Ticker } from "../../domain/identifiers.ts";
import type { Instrument } from "../../domain/market/instrument.ts";
import type { ListingTerms } from "../../domain/market/listing.ts";
import { money, shares } from "../../domain/units.ts";
import { type Executor, fragment, sql } from "../pg/database.ts";

/** The terms of an instrument, as columns. */
export type TermsRow = {
  readonly name: string;
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

/** The columns of a TermsRow, without the reference price. */
export const TERMS_COLUMNS = fragment`name, tick_size, lot_size, min_quantity, max_quantity,
  max_notional, price_band_bps, duplicate_window_ms, calendar`;

export const toTerms = (row: TermsRow): ListingTerms => ({
  name: row.name,
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

type InstrumentRow = TermsRow &
  Pick<Instrument, "currency" | "status"> & { readonly symbol: string };

const toInstrument = (row: InstrumentRow): Instrument => ({
  symbol: row.symbol as Ticker,
  currency: row.currency,
  status: row.status,
  ...toTerms(row),
});

/**
 * Every instrument, by symbol, as orders are checked against it: with the last trade's price, and
 * halted while the matcher has a batch that it could not apply.
 */
export const listInstruments = async (db: Executor): Promise<readonly Instrument[]> => {
  const { rows } = await db.query<InstrumentRow>(sql`
    select symbol, currency, ${TERMS_COLUMNS},
      case when status = 'trading' and failed_seq > settled_seq then 'halted' else status end as status,
      coalesce(last_price, reference_price) as reference_price
    from market.instrument
    left join trading.book using (symbol)
    order by symbol`);
  return rows.map(toInstrument);
};
