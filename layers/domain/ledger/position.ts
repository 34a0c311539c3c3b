import { assert } from "../assert.ts";
import { type Money, money, NO_MONEY, notional, type Shares, shares } from "../units.ts";

/** Shares owned, their cost (average cost method), and the realised gain of earlier sales. */
export type Position = {
  readonly quantity: Shares;
  readonly cost: Money;
  readonly realizedPnl: Money;
};

export const NO_POSITION: Position = { quantity: shares(0), cost: NO_MONEY, realizedPnl: NO_MONEY };

/** Adds bought shares at the price paid. */
export const buy = (position: Position, price: Money, quantity: Shares): Position => ({
  quantity: shares(position.quantity + quantity),
  cost: money(position.cost + notional(price, quantity)),
  realizedPnl: position.realizedPnl,
});

/**
 * Removes sold shares at the average cost; the difference to the price is realised. The cost of a
 * part is rounded down and the last share carries the rest, so that no unit is lost.
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
