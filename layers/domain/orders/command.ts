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
  /** The stop price. */
  readonly stopPrice?: Money | undefined;
  /**
   * The end of the order: from then on it must not trade, even when no command to expire it has
   * come.
   */
  readonly endsAt?: Date | undefined;
  /** The order ended while it waited for its market to open: it must not reach the book. */
  readonly withdrawn?: "cancelled" | "expired" | undefined;
  /**
   * The trace context of the request. Orders are written in batches, so each command has its own.
   */
  readonly traceparent?: string | undefined;
};

/** Cancels the order, if it is still in the book. */
export type CancelOrder = {
  readonly type: "cancel";
  readonly orderId: OrderId;
  readonly clientId: ClientId;
};

/**
 * New terms for an open order. `quantity` is the total; `extraHeld` is what was reserved for the
 * new terms in addition to the order's hold.
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

/** Expires the order: at the end of its session (DAY) or at its own time (GTD). */
type ExpireOrder = {
  readonly type: "expire";
  readonly orderId: OrderId;
  readonly clientId: ClientId;
};

/** Halts or resumes trading in the symbol. While halted, new orders and replaces are refused. */
type SwitchTrading = { readonly type: "halt" } | { readonly type: "resume" };

/** A command for one order. */
type OrderCommand = PlaceOrder | CancelOrder | ReplaceOrder | ExpireOrder;

/** A command for one book. */
export type Command = OrderCommand | SwitchTrading;

/**
 * A command with its number in the symbol's sequence, which has no gaps and fixes the order of all
 * commands.
 */
export type SequencedCommand = {
  readonly symbol: Ticker;
  readonly seq: number;
  readonly command: Command;
  readonly correlationId: string;
  /** The trace context of the request; undefined when it is not traced. */
  readonly traceparent?: string | undefined;
  /** When the command was accepted, by the database's clock. */
  readonly acceptedAt: Date;
};
