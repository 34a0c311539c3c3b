import type { AmendmentId, OrderId } from "../identifiers.ts";
import { accept, type Outcome, refuse } from "../outcome.ts";
import { type Money, notional, type Shares } from "../units.ts";
import type { Order, OrderTerms } from "./order.ts";
import { checkOrder, type PreTradeFacts } from "./pre-trade.ts";
import { type PreTradeRefusal, refusalOf } from "./pre-trade-check.ts";
import { strayStopPrice } from "./pre-trade-shape.ts";

/** The terms of an order that a replace can change. */
export type AmendableTerms = {
  readonly quantity: Shares;
  readonly price: Money | undefined;
  readonly stopPrice: Money | undefined;
};

/** The changes that a client asks for; undefined terms stay. `quantity` is the total. */
export type Change = { readonly [Term in keyof AmendableTerms]: AmendableTerms[Term] | undefined };

/** A requested replace and its outcome. */
export type Amendment = {
  readonly amendmentId: AmendmentId;
  readonly orderId: OrderId;
  readonly status: "requested" | "applied" | "refused";
  /** Why it was refused. */
  readonly reason: string | undefined;
  readonly before: AmendableTerms;
  readonly after: AmendableTerms;
  readonly createdAt: Date;
  readonly decidedAt: Date | undefined;
};

/** A replace that may be sent to the matcher. */
export type Replacement = {
  readonly after: AmendableTerms;
  /** The collar price of the order with its new terms. */
  readonly collarPrice: Money;
  readonly holdAsset: string;
  /** The extra hold: enough for the new terms, whatever is filled before the matcher decides. */
  readonly extraHeld: bigint;
};

/** Why an open order may not have these terms. */
export type ReplacementRefusal =
  | PreTradeRefusal
  | (Omit<PreTradeRefusal, "code"> & { readonly code: "quantity_filled" });

/**
 * Decides whether an open order may get new terms: they must pass every check of a new order, and
 * the quantity must be above what is already filled.
 */
export const planReplacement = (
  order: Order,
  change: Change,
  facts: Omit<PreTradeFacts, "terms">,
): Outcome<Replacement, ReplacementRefusal> => {
  if (order.triggered && change.stopPrice !== undefined && change.stopPrice !== order.stopPrice)
    return refuse(refusalOf(strayStopPrice(change.stopPrice)));
  const terms = amendedTerms(order, change);
  const decision = checkOrder({ ...facts, terms, replaces: true });
  if (!decision.ok) return decision;
  const { quantity, price } = terms;
  const closed = order.quantity - order.openQuantity;
  if (quantity <= closed) return refuse(quantityFilled(closed, quantity));

  const stopPrice = change.stopPrice ?? order.stopPrice;
  const samePrices = price === order.price && stopPrice === order.stopPrice;
  const collarPrice = samePrices ? order.collarPrice : decision.value.collarPrice;
  return accept({
    ...{ after: { quantity, price, stopPrice }, collarPrice },
    holdAsset: decision.value.holdAsset,
    extraHeld: extraHold(order, { collarPrice, quantity }),
  });
};

/**
 * The order with the change, as if it were placed now. A triggered stop counts as a limit or market
 * order.
 */
const amendedTerms = (order: Order, change: Change): OrderTerms => ({
  ...order,
  ...(order.triggered ? { orderType: order.orderType === "stop" ? "market" : "limit" } : {}),
  quantity: change.quantity ?? order.quantity,
  price: change.price ?? order.price,
  stopPrice: order.triggered ? undefined : (change.stopPrice ?? order.stopPrice),
});

const quantityFilled = (closed: number, quantity: Shares): ReplacementRefusal => ({
  code: "quantity_filled",
  check: "quantity_filled",
  limit: `above ${closed}`,
  value: String(quantity),
});

/**
 * The extra hold that new terms need in addition to the order's hold: now, and after any fill
 * before the matcher decides. A fill reduces the hold by the old price and the need by the new
 * price, which may be lower; so the worst case is that either all of the old quantity is filled, or
 * nothing more.
 */
export const extraHold = (
  order: Pick<Order, "direction" | "quantity" | "openQuantity" | "collarPrice">,
  next: { readonly collarPrice: Money; readonly quantity: Shares },
): bigint => {
  const added = next.quantity - order.quantity;
  if (order.direction === "sell") return BigInt(Math.max(0, added));
  const now =
    next.collarPrice * BigInt(order.openQuantity + added) -
    notional(order.collarPrice, order.openQuantity);
  const afterAllFills = next.collarPrice * BigInt(added);
  return [now, afterAllFills].reduce((most, need) => (need > most ? need : most), 0n);
};
