import type { ClientId, OrderId, Ticker } from "./identifiers.ts";
import type { Direction, OrderType, SelfTradePrevention, TimeInForce } from "./order.ts";
import type { Money, Shares } from "./units.ts";

/** An accepted order on its way to the book. `price` is its limit, or the collar of a market order. */
export type PlaceOrder = {
  readonly type: "place";
  readonly orderId: OrderId;
  readonly clientId: ClientId;
  readonly direction: Direction;
  readonly orderType: OrderType;
  readonly quantity: Shares;
  readonly price: Money;
  readonly timeInForce: TimeInForce;
  readonly postOnly: boolean;
  readonly selfTradePrevention: SelfTradePrevention;
};

/** Take the order out of the book, if it is still there. */
export type CancelOrder = {
  readonly type: "cancel";
  readonly orderId: OrderId;
  readonly clientId: ClientId;
};

/** What the matcher can be told to do with one book. */
export type Command = PlaceOrder | CancelOrder;

/** A command with its number in the symbol's sequence: gapless, and the order everything follows. */
export type SequencedCommand = {
  readonly symbol: Ticker;
  readonly seq: number;
  readonly command: Command;
  readonly correlationId: string;
  /** When the command was accepted, on the database's clock. */
  readonly acceptedAt: Date;
};
