import { assert, unreachable } from "../assert.ts";
import type {
  Accepted,
  DormantStop,
  Event,
  Replaced,
  RestingOrder,
  Side,
  Snapshot,
} from "../protocol.ts";

/** What the events say about an order. */
export type Told = {
  readonly terms: Accepted;
  quantity: number;
  price: number;
  stopPrice: number | undefined;
  open: number;
  filled: number;
  prevented: number;
  cancelled: number;
  expired: number;
  place: "nowhere" | "resting" | "dormant" | "over";
};

/**
 * Rebuilds a book from events only, as a feed or a store would: it never sees a command. It refuses
 * events that contradict earlier ones, so it checks the laws of a book as well.
 */
export class Fold {
  readonly orders = new Map<number, Told>();
  resting: Told[] = [];
  stops: Told[] = [];
  lastOrder = 0;
  lastPrice: number | null = null;
  halted = false;

  take(event: Event): void {
    switch (event.type) {
      case "accepted":
        this.#accept(event);
        break;
      case "rested":
        this.#rest(this.told(event.order), event.quantity);
        break;
      case "armed":
        this.#arm(this.told(event.order), event.stopPrice);
        break;
      case "stop_triggered":
        this.#leave(this.told(event.order));
        break;
      case "traded":
        this.#meet(event.maker, event.quantity, event.makerOpen, "filled");
        this.#meet(event.taker, event.quantity, event.takerOpen, "filled");
        this.lastPrice = event.price;
        break;
      case "prevented":
        this.#meet(event.maker, event.makerPrevented, event.makerOpen, "prevented");
        this.#meet(event.taker, event.takerPrevented, event.takerOpen, "prevented");
        break;
      case "cancelled":
        this.#meet(event.order, event.quantity, 0, "cancelled");
        break;
      case "expired":
        this.#meet(event.order, event.quantity, 0, "expired");
        break;
      case "replaced":
        this.#replace(event);
        break;
      default:
        this.#takeRest(event);
        break;
    }
  }

  /** The order with this number, which must have been accepted. */
  told(order: number): Told {
    const told = this.orders.get(order);
    assert(told !== undefined, `order ${order} was never accepted`);
    return told;
  }

  /** The orders that a taker of the other side would meet, in their order. */
  queue(side: Side): Told[] {
    const sign = side === "buy" ? -1 : 1;
    return this.resting
      .filter(({ terms }) => terms.side === side)
      .sort((a, b) => sign * (a.price - b.price));
  }

  snapshot(): Snapshot {
    return {
      lastOrder: this.lastOrder,
      lastPrice: this.lastPrice,
      halted: this.halted,
      resting: [...this.queue("buy"), ...this.queue("sell")].map(restingOf),
      stops: this.stops.map(dormantOf),
    };
  }

  #takeRest(event: Event): void {
    switch (event.type) {
      case "rejected":
        this.lastOrder = event.order;
        return;
      case "halted":
      case "resumed":
        this.halted = event.type === "halted";
        return;
      case "place_rejected":
      case "cancel_rejected":
      case "expire_rejected":
      case "replace_rejected":
        return;
      case "accepted":
      case "rested":
      case "armed":
      case "stop_triggered":
      case "traded":
      case "prevented":
      case "cancelled":
      case "expired":
      case "replaced":
        throw new Error(`${event.type} is taken elsewhere`);
      default:
        unreachable(event);
    }
  }

  #accept(event: Accepted): void {
    const { order, quantity, price, stopPrice } = event;
    assert(order > this.lastOrder, `number ${order} was used before`);
    this.lastOrder = order;
    const counts = { open: quantity, filled: 0, prevented: 0, cancelled: 0, expired: 0 };
    const told: Told = { terms: event, quantity, price, stopPrice, ...counts, place: "nowhere" };
    this.orders.set(order, told);
  }

  #rest(told: Told, quantity: number): void {
    assert(told.place === "nowhere", `order ${told.terms.order} rests but is ${told.place}`);
    assert(told.open === quantity, `order ${told.terms.order} rests with another quantity`);
    told.place = "resting";
    this.resting.push(told);
  }

  #arm(told: Told, stopPrice: number): void {
    assert(told.place === "nowhere", `order ${told.terms.order} is armed but ${told.place}`);
    assert(told.stopPrice === stopPrice, `order ${told.terms.order} has another stop price`);
    told.place = "dormant";
    this.stops.push(told);
  }

  #leave(told: Told): void {
    this.resting = this.resting.filter((kept) => kept !== told);
    this.stops = this.stops.filter((kept) => kept !== told);
    told.place = "nowhere";
  }

  #meet(
    order: number,
    quantity: number,
    open: number,
    how: "filled" | "prevented" | "cancelled" | "expired",
  ): void {
    const told = this.told(order);
    assert(told.place !== "over", `order ${order} was over and is ${how}`);
    told[how] += quantity;
    told.open -= quantity;
    assert(told.open === open && open >= 0, `order ${order} has another open quantity`);
    if (open > 0) return;
    this.#leave(told);
    told.place = "over";
  }

  #replace({ order, quantity, price, stopPrice, open, keepsPlace }: Replaced): void {
    const told = this.told(order);
    assert(told.place === "resting" || told.place === "dormant", `order ${order} is not open`);
    assert(open === quantity - told.filled - told.prevented, `order ${order} replaced wrongly`);
    told.quantity = quantity;
    told.price = price;
    told.open = open;
    if (stopPrice !== undefined) told.stopPrice = stopPrice;
    if (!keepsPlace) this.#leave(told);
  }
}

const restingOf = (told: Told): RestingOrder => ({
  order: told.terms.order,
  owner: told.terms.owner,
  side: told.terms.side,
  price: told.price,
  quantity: told.quantity,
  open: told.open,
  postOnly: told.terms.postOnly,
  selfTradePrevention: told.terms.selfTradePrevention,
});

const dormantOf = (told: Told): DormantStop => ({
  order: told.terms.order,
  owner: told.terms.owner,
  side: told.terms.side,
  orderType: told.terms.orderType === "stop" ? "stop" : "stop_limit",
  quantity: told.quantity,
  price: told.price,
  stopPrice: told.stopPrice ?? 0,
  timeInForce: told.terms.timeInForce,
  selfTradePrevention: told.terms.selfTradePrevention,
});
