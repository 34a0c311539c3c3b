import { formatMoney, type Money } from "../units.ts";
import type { OrderTerms } from "./order.ts";
import type { Check, PreTradeCode } from "./pre-trade-check.ts";

/**
 * Checks that the fields of an order go together. Names the first field that is missing or not
 * allowed.
 */
export const checkShape = (terms: OrderTerms, now: Date): Check =>
  priceFault(terms) ??
  stopPriceFault(terms) ??
  expiryFault(terms, now) ??
  postOnlyFault(terms) ?? {
    check: "order_shape",
    code: "price_required",
    limit: "fields that go together",
    value: `${terms.orderType} ${terms.timeInForce}`,
    ok: true,
  };

const fault = (code: PreTradeCode, limit: string, value: string): Check => ({
  ...{ check: "order_shape", code, limit, value, ok: false },
});

const priceFault = ({ orderType, price }: OrderTerms): Check | undefined => {
  const needed = orderType === "limit" || orderType === "stop_limit";
  if (needed && price === undefined) return fault("price_required", "a price", "none");
  if (!needed && price !== undefined)
    return fault("price_not_allowed", "no price", formatMoney(price));
  return undefined;
};

const stopPriceFault = ({ orderType, stopPrice }: OrderTerms): Check | undefined => {
  const needed = orderType === "stop" || orderType === "stop_limit";
  if (needed && stopPrice === undefined)
    return fault("stop_price_required", "a stop price", "none");
  if (!needed && stopPrice !== undefined) return strayStopPrice(stopPrice);
  return undefined;
};

/** A stop price that is not allowed: the order is not a stop, or the stop was already triggered. */
export const strayStopPrice = (stopPrice: Money): Check =>
  fault("stop_price_not_allowed", "no stop price", formatMoney(stopPrice));

const expiryFault = ({ timeInForce, expiresAt }: OrderTerms, now: Date): Check | undefined => {
  if (timeInForce !== "GTD")
    return expiresAt && fault("expires_at_not_allowed", "no expiry", expiresAt.toISOString());
  if (expiresAt === undefined) return fault("expires_at_required", "an expiry", "none");
  if (expiresAt <= now)
    return fault("expires_at_passed", `after ${now.toISOString()}`, expiresAt.toISOString());
  return undefined;
};

/** Only an order that may rest can be post-only, and a triggered stop always takes liquidity. */
const postOnlyFault = ({ postOnly, orderType, timeInForce }: OrderTerms): Check | undefined => {
  if (!postOnly) return undefined;
  const mayRest = orderType === "limit" && timeInForce !== "IOC" && timeInForce !== "FOK";
  return mayRest
    ? undefined
    : fault("post_only_not_allowed", "a limit order that may rest", `${orderType} ${timeInForce}`);
};
