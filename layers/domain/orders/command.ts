import type { AmendmentId, ClientId, OrderId, Ticker } from "../identifiers.ts";
import type { Money, Shares } from "../units.ts";
import type { Order } from "./order.ts";

/** An accepted order on its way to the book. */
export type PlaceOrder = Pick<
  Order,
  | "orderId"
  | "clientId"
  | "direction"
  | "orderType"
  | "quantity"
  | "collarPrice"
  | "timeInForce"
  | "postOnly"
  | "selfTradePrevention"
> & {
  readonly type: "place";
  /** Where a stop is triggered. */
  readonly stopPrice?: Money | undefined;
  /** When the order ends: from then on it must not trade, even when no command to expire it came. */
  readonly endsAt?: Date | undefined;
  /** The order ended while it waited for its market to open: it must not reach the book. */
  readonly withdrawn?: "cancelled" | "expired" | undefined;
  /** Where its request is in a trace: orders are written together, so each command says it itself. */
  readonly traceparent?: string | undefined;
};

/** Take the order out of the book, if it is still there. */
export type CancelOrder = {
  readonly type: "cancel";
  readonly orderId: OrderId;
  readonly clientId: ClientId;
};

/**
 * New terms for an open order. `quantity` is the total; `extraHeld` is what was set aside for the new
 * terms in addition to what the order held.
 */
export type ReplaceOrder = {
  readonly type: "replace";
  readonly orderId: OrderId;
  readonly clientId: ClientId;
  readonly amendmentId: AmendmentId;
  readonly quantity: Shares;
  readonly collarPrice: Money;
  readonly stopPrice?: Money | undefined;
  readonly extraHeld: bigint;
};

/** The order's time is over: the end of its session (DAY), or its own date (GTD). */
export type ExpireOrder = {
  readonly type: "expire";
  readonly orderId: OrderId;
  readonly clientId: ClientId;
};

/** Stop trading the symbol, or go on: until then new orders and replaces are refused. */
export type SwitchTrading = { readonly type: "halt" } | { readonly type: "resume" };

/** What the matcher can be told to do with one order. */
export type OrderCommand = PlaceOrder | CancelOrder | ReplaceOrder | ExpireOrder;

/** What the matcher can be told to do with one book. */
export type Command = OrderCommand | SwitchTrading;

/** A command with its number in the symbol's sequence: gapless, and the order everything follows. */
export type SequencedCommand = {
  readonly symbol: Ticker;
  readonly seq: number;
  readonly command: Command;
  readonly correlationId: string;
  /** Where the request that asked for it stands in a trace; undefined when nobody traces. */
  readonly traceparent?: string | undefined;
  /** When the command was accepted, on the database's clock. */
  readonly acceptedAt: Date;
};
