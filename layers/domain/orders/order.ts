import type { ClientId, OrderId, Ticker } from "../identifiers.ts";
import { type Money, money, type Shares } from "../units.ts";

export type Direction = "buy" | "sell";
export type OrderType = "limit" | "market" | "stop" | "stop_limit";
export type TimeInForce = "DAY" | "GTC" | "GTD" | "IOC" | "FOK";
export type SelfTradePrevention = "expire_taker" | "expire_maker" | "expire_both" | "decrement";

/** `new` is accepted and not yet in the matcher; the last four are terminal and never change. */
export type OrderStatus =
  | "new"
  | "working"
  | "partially_filled"
  | "filled"
  | "cancelled"
  | "expired"
  | "rejected";

type PendingAction = "pending_cancel" | "pending_replace";

/** The terms that the client sent. */
export type OrderTerms = {
  readonly symbol: Ticker;
  readonly direction: Direction;
  readonly orderType: OrderType;
  readonly quantity: Shares;
  readonly price: Money | undefined;
  /** The stop price; undefined for an order that is not a stop. */
  readonly stopPrice: Money | undefined;
  readonly timeInForce: TimeInForce;
  /** When a GTD order ends; undefined for any other. */
  readonly expiresAt: Date | undefined;
  readonly postOnly: boolean;
  readonly selfTradePrevention: SelfTradePrevention;
  readonly clientOrderId: string | undefined;
};

/**
 * An order and its state. `held` is money for a buy and shares for a sell, including the extra hold
 * of a pending replace.
 */
export type Order = OrderTerms & {
  readonly orderId: OrderId;
  readonly clientId: ClientId;
  /** The collar price, at which a buy holds cash: the limit price, or the collar. */
  readonly collarPrice: Money;
  readonly status: OrderStatus;
  /** Whether the stop was triggered. */
  readonly triggered: boolean;
  readonly pendingAction: PendingAction | undefined;
  readonly reason: string | undefined;
  readonly filledQuantity: Shares;
  readonly openQuantity: Shares;
  readonly filledNotional: Money;
  readonly held: bigint;
  readonly lockVersion: number;
  readonly correlationId: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
};

/** Returns whether the order can no longer change. */
export const isTerminal = (status: OrderStatus): boolean =>
  status === "filled" || status === "cancelled" || status === "expired" || status === "rejected";

/**
 * The mean price of the fills so far, rounded half up to a ten-thousandth; undefined before the
 * first fill.
 */
export const averagePrice = (notional: Money, quantity: Shares): Money | undefined => {
  if (quantity === 0) return undefined;
  const divisor = BigInt(quantity);
  return money((2n * notional + divisor) / (2n * divisor));
};
