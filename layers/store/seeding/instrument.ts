import { type Money, money, type Shares, shares } from "../../domain/units.ts";
import { type Executor, sql } from "../pg/database.ts";

/** An instrument and the limits every order in it must keep. */
export type NewInstrument = {
  readonly symbol: string;
  readonly name: string;
  /** Undefined until there is one; until then market orders are refused. */
  readonly referencePrice: Money | undefined;
  readonly tickSize: Money;
  readonly lotSize: Shares;
  readonly minQuantity: Shares;
  readonly maxQuantity: Shares;
  readonly maxNotional: Money;
  readonly priceBandBps: number;
  readonly status: "trading" | "halted" | "closed";
};

/**
 * The rules of the demo market: a tick of a cent, single shares, 10,000 shares or 5,000,000.00 an
 * order.
 */
export const usualInstrument = (
  symbol: string,
  name: string,
  referencePrice: Money | undefined,
): NewInstrument => ({
  symbol,
  name,
  referencePrice,
  tickSize: money(100n),
  lotSize: shares(1),
  minQuantity: shares(1),
  maxQuantity: shares(10_000),
  maxNotional: money(50_000_000_000n),
  priceBandBps: 2_000,
  status: "trading",
});

/** Lists an instrument and opens its book; a listed instrument does not change. */
export const listInstrument = async (
  executor: Executor,
  instrument: NewInstrument,
): Promise<void> => {
  await executor.query(sql`
    insert into market.instrument (
      symbol, name, status, tick_size, lot_size, min_quantity, max_quantity, max_notional,
      reference_price, price_band_bps
    ) values (
      ${instrument.symbol}, ${instrument.name}, ${instrument.status}, ${instrument.tickSize},
      ${instrument.lotSize}, ${instrument.minQuantity}, ${instrument.maxQuantity},
      ${instrument.maxNotional}, ${instrument.referencePrice ?? null}, ${instrument.priceBandBps}
    )
    on conflict do nothing`);
  await executor.query(sql`
    insert into trading.book (symbol) values (${instrument.symbol}) on conflict do nothing`);
};
