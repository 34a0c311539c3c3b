import { type Instrument, priceBand } from "./instrument.ts";
import type { OrderTerms } from "./order.ts";
import { accept, type Outcome, refuse } from "./outcome.ts";
import { formatMoney, type Money } from "./units.ts";

/** Why an order may not enter: the check that said no, what it allows, and what the order has. */
export type PreTradeRefusal = {
  readonly code:
    | "client_not_active"
    | "unknown_symbol"
    | "instrument_not_tradable"
    | "price_required"
    | "price_not_allowed"
    | "post_only_not_allowed"
    | "invalid_tick"
    | "invalid_lot"
    | "quantity_limit"
    | "notional_limit"
    | "no_reference_price"
    | "price_band"
    | "duplicate_order"
    | "open_order_limit"
    | "insufficient_shares"
    | "insufficient_funds";
  readonly check: string;
  readonly limit: string;
  readonly value: string;
};

/** What the order must set aside, and the worst price it may trade at. */
export type Intent = {
  /** The asset set aside: the currency for a buy, the symbol for a sell. */
  readonly holdAsset: string;
  /** How much of it: ten-thousandths of the currency, or shares. */
  readonly holdAmount: bigint;
  /** The limit price, or for a market order the collar. */
  readonly worstPrice: Money;
};

/**
 * The pre-trade checks that need no lock, in the order they are documented. What can race (money,
 * shares, the count of open orders, duplicates) is decided by the statement that writes the order.
 */
export const checkOrder = (
  terms: OrderTerms,
  account: { readonly status: "active" | "suspended" } | undefined,
  instrument: Instrument | undefined,
): Outcome<Intent, PreTradeRefusal> => {
  if (account?.status !== "active")
    return no("client_not_active", "client_active", "active", account?.status ?? "not a client");
  if (instrument === undefined)
    return no("unknown_symbol", "instrument_known", "a listed symbol", terms.symbol);
  if (instrument.status !== "trading")
    return no("instrument_not_tradable", "instrument_tradable", "trading", instrument.status);
  return (
    refusedShape(terms) ??
    refusedGranularity(terms, instrument) ??
    refusedSize(terms, instrument) ??
    pricedIntent(terms, instrument)
  );
};

type Refused = Outcome<never, PreTradeRefusal>;

const no = (code: PreTradeRefusal["code"], check: string, limit: string, value: string): Refused =>
  refuse({ code, check, limit, value });

const refusedShape = (terms: OrderTerms): Refused | undefined => {
  const { orderType, price, postOnly, timeInForce } = terms;
  if (orderType === "limit" && price === undefined)
    return no("price_required", "order_shape", "a price", "none");
  if (orderType === "market" && price !== undefined)
    return no("price_not_allowed", "order_shape", "no price", formatMoney(price));
  const immediate = timeInForce === "IOC" || timeInForce === "FOK" || orderType === "market";
  if (postOnly && immediate)
    return no("post_only_not_allowed", "order_shape", "an order that may rest", timeInForce);
  return undefined;
};

const refusedGranularity = (terms: OrderTerms, instrument: Instrument): Refused | undefined => {
  const { price, quantity } = terms;
  if (price !== undefined && price % instrument.tickSize !== 0n)
    return no("invalid_tick", "tick_size", formatMoney(instrument.tickSize), formatMoney(price));
  if (quantity % instrument.lotSize !== 0)
    return no("invalid_lot", "lot_size", String(instrument.lotSize), String(quantity));
  return undefined;
};

const refusedSize = (terms: OrderTerms, instrument: Instrument): Refused | undefined => {
  const { minQuantity, maxQuantity } = instrument;
  if (terms.quantity < minQuantity || terms.quantity > maxQuantity)
    return no(
      "quantity_limit",
      "quantity",
      `${minQuantity} to ${maxQuantity}`,
      String(terms.quantity),
    );
  return undefined;
};

const pricedIntent = (
  terms: OrderTerms,
  instrument: Instrument,
): Outcome<Intent, PreTradeRefusal> => {
  const { direction, price, quantity } = terms;
  const band = priceBand(instrument);
  if (band === undefined)
    return no("no_reference_price", "price_band", "a reference price", "none");
  const worstPrice = price ?? (direction === "buy" ? band.highest : band.lowest);
  const value = worstPrice * BigInt(quantity); // not yet known to fit in 64 bits
  if (value > instrument.maxNotional)
    return no(
      "notional_limit",
      "notional",
      formatMoney(instrument.maxNotional),
      formatMoney(value),
    );
  if (worstPrice < band.lowest || worstPrice > band.highest)
    return no(
      "price_band",
      "price_band",
      `${formatMoney(band.lowest)} to ${formatMoney(band.highest)}`,
      formatMoney(worstPrice),
    );
  return accept(
    direction === "buy"
      ? { holdAsset: instrument.currency, holdAmount: value, worstPrice }
      : { holdAsset: instrument.symbol, holdAmount: BigInt(quantity), worstPrice },
  );
};
