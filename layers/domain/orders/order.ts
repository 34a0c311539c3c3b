import type { ClientId, OrderId, Ticker } from "../identifiers.ts";
import { type Money, money, type Shares } from "../units.ts";

export type Direction = "buy" | "sell";
export type OrderType = "limit" | "market" | "stop" | "stop_limit";
export type TimeInForce = "DAY" | "GTC" | "GTD" | "IOC" | "FOK";
export type SelfTradePrevention = "expire_taker" | "expire_maker" | "expire_both" | "decrement";

/** `new` is accepted and not yet at the matcher; the last four are terminal and never change. */
export type OrderStatus =
  | "new"
  | "working"
  | "partially_filled"
  | "filled"
  | "cancelled"
  | "expired"
  | "rejected";

export type PendingAction = "pending_cancel" | "pending_replace";

/** What the client asked for. */
export type OrderTerms = {
  readonly symbol: Ticker;
  readonly direction: Direction;
  readonly orderType: OrderType;
  readonly quantity: Shares;
  readonly price: Money | undefined;
  /** Where a stop wakes up; undefined for an order that is none. */
  readonly stopPrice: Money | undefined;
  readonly timeInForce: TimeInForce;
  /** When a GTD order ends; undefined for any other. */
  readonly expiresAt: Date | undefined;
  readonly postOnly: boolean;
  readonly selfTradePrevention: SelfTradePrevention;
  readonly clientOrderId: string | undefined;
};

/**
 * An order and how far it has come. `held` is money for a buy, shares for a sell, what a pending
 * replace has set aside on top included.
 */
export type Order = OrderTerms & {
  readonly orderId: OrderId;
  readonly clientId: ClientId;
  /** The worst price it may trade at, and at which a buy holds cash: the limit, or the collar. */
  readonly collarPrice: Money;
  readonly status: OrderStatus;
  /** True once the stop has woken up. */
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

/** True once nothing can change the order any more. */
export const isTerminal = (status: OrderStatus): boolean =>
  status === "filled" || status === "cancelled" || status === "expired" || status === "rejected";

/** Mean price of the fills so far, rounded half up to a ten-thousandth; undefined before the first. */
export const averagePrice = (notional: Money, quantity: Shares): Money | undefined => {
  if (quantity === 0) return undefined;
  const divisor = BigInt(quantity);
  return money((2n * notional + divisor) / (2n * divisor));
};
