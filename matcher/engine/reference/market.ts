import type { Cancel, Command, Event, Place, Replace } from "../protocol.ts";

/** The terms of an example's order besides side, quantity and price. */
type Extra = Partial<Omit<Place, "type" | "order" | "side" | "quantity" | "price">>;

/** By default each order has a different owner. */
const order = (side: Place["side"]) => {
  return (number: number, quantity: number, price: number, extra: Extra = {}): Place => ({
    type: "place",
    order: number,
    owner: number,
    side,
    orderType: "limit",
    quantity,
    price,
    timeInForce: "DAY",
    postOnly: false,
    selfTradePrevention: "expire_taker",
    ...extra,
  });
};

export const buy = order("buy");
export const sell = order("sell");

export const IOC = { timeInForce: "IOC" } as const;
export const FOK = { timeInForce: "FOK" } as const;
export const MARKET = { orderType: "market" } as const;
export const POST_ONLY = { postOnly: true } as const;

export const stopAt = (stopPrice: number): Extra => ({ orderType: "stop", stopPrice });
export const stopLimitAt = (stopPrice: number): Extra => ({ orderType: "stop_limit", stopPrice });

export const of = (owner: number): Extra => ({ owner });

export const cancel = (number: number, owner = number): Cancel => ({
  type: "cancel",
  order: number,
  owner,
});

export const expire = (number: number): Command => ({ type: "expire", order: number });

export const replace = (
  number: number,
  quantity: number,
  price: number,
  extra: { readonly owner?: number; readonly stopPrice?: number } = {},
): Replace => ({ type: "replace", order: number, owner: number, quantity, price, ...extra });

/** An event as text. */
export const told = (event: Event): string => {
  switch (event.type) {
    case "accepted":
      return `${event.order} accepted`;
    case "rested":
      return `${event.order} rests: ${event.side} ${event.quantity} at ${event.price}`;
    case "armed":
      return `${event.order} waits for ${event.stopPrice}`;
    case "stop_triggered":
      return `${event.order} triggers: ${event.side} ${event.quantity}`;
    case "traded": {
      const left = `${event.makerOpen} and ${event.takerOpen} left`;
      return `${event.maker} and ${event.taker} trade ${event.quantity} at ${event.price}, ${left}`;
    }
    case "prevented": {
      const gone = `-${event.makerPrevented} -${event.takerPrevented}`;
      const left = `${event.makerOpen} and ${event.takerOpen} left`;
      return `${event.maker} and ${event.taker} kept apart at ${event.price}: ${gone}, ${left}`;
    }
    case "replaced": {
      const where = event.keepsPlace ? "in place" : "to the back";
      return `${event.order} replaced: ${event.open} open at ${event.price}, ${where}`;
    }
    case "cancelled":
    case "expired":
      return `${event.order} ${event.type} ${event.quantity}: ${event.reason}`;
    case "rejected":
    case "place_rejected":
    case "cancel_rejected":
    case "expire_rejected":
    case "replace_rejected":
      return `${event.order} ${event.type}: ${event.reason}`;
    case "halted":
    case "resumed":
      return event.type;
  }
};
