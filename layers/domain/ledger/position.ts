import { assert } from "../assert.ts";
import { type Money, money, NO_MONEY, notional, type Shares, shares } from "../units.ts";

/** Shares owned, what they cost (average cost basis), and what sales have earned so far. */
export type Position = {
  readonly quantity: Shares;
  readonly cost: Money;
  readonly realizedPnl: Money;
};

export const NO_POSITION: Position = { quantity: shares(0), cost: NO_MONEY, realizedPnl: NO_MONEY };

/** Shares join the position at what was paid for them. */
export const buy = (position: Position, price: Money, quantity: Shares): Position => ({
  quantity: shares(position.quantity + quantity),
  cost: money(position.cost + notional(price, quantity)),
  realizedPnl: position.realizedPnl,
});

/**
 * Shares leave at the average cost of all of them; the difference to the price is realised. The cost
 * of a part is rounded down and the last share takes the rest, so no unit is ever lost.
 */
export const sell = (position: Position, price: Money, quantity: Shares): Position => {
  assert(quantity <= position.quantity, "more shares sold than owned");
  const leaving = money((position.cost * BigInt(quantity)) / BigInt(position.quantity));
  return {
    quantity: shares(position.quantity - quantity),
    cost: money(position.cost - leaving),
    realizedPnl: money(position.realizedPnl + notional(price, quantity) - leaving),
  };
};
