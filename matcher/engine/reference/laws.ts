import { assert } from "../assert.ts";
import type { Command, Event, Prevented, Traded } from "../protocol.ts";
import { Fold, type Told } from "./fold.ts";

/**
 * Checks a stream of events against the laws of a fair market: best price first, earliest order
 * first, and nothing is created. It uses the events only, so it shares no code with either book.
 */
export class Laws {
  readonly fold = new Fold();
  trades = 0;
  prevented = 0;

  /** Checks the events of one command. */
  take(command: Command, events: readonly Event[]): void {
    assert(events.length > 0, `no answer to ${command.type}`);
    let bought = 0;
    let sold = 0;
    for (const event of events) {
      if (event.type === "traded" || event.type === "prevented") this.#checkMeeting(event);
      if (event.type === "traded") {
        this.trades += 1;
        bought += event.quantity;
        sold += event.quantity;
        this.#checkTrade(event);
      } else if (event.type === "prevented") {
        this.prevented += 1;
        this.#checkPrevented(event);
      }
      this.fold.take(event);
    }
    assert(bought === sold, "something was bought that was not sold");
    this.#checkBook();
  }

  /**
   * Price and time priority: the maker is the first in the queue, and its price is within the
   * limit.
   */
  #checkMeeting({ maker, taker, price }: Traded | Prevented): void {
    const { terms, price: limit } = this.fold.told(taker);
    const [first] = this.fold.queue(terms.side === "buy" ? "sell" : "buy");
    assert(first?.terms.order === maker, `order ${maker} traded out of its turn`);
    assert(first.price === price, `order ${maker} did not trade at its own price`);
    const within = terms.side === "buy" ? price <= limit : price >= limit;
    assert(within, `order ${taker} traded beyond its limit`);
  }

  #checkTrade({ maker, taker, quantity, price, takerSide }: Traded): void {
    const [making, taking] = [this.fold.told(maker), this.fold.told(taker)];
    assert(making.terms.owner !== taking.terms.owner, `order ${taker} traded with its owner`);
    assert(taking.terms.side === takerSide, `order ${taker} is on the other side`);
    assert(Number.isInteger(quantity) && quantity > 0, "a trade of nothing");
    assert(Number.isInteger(price) && price > 0, "a trade at no price");
    assert(!taking.terms.postOnly, `post-only order ${taker} took`);
  }

  #checkPrevented({ maker, taker, mode }: Prevented): void {
    const [making, taking] = [this.fold.told(maker), this.fold.told(taker)];
    assert(making.terms.owner === taking.terms.owner, `order ${taker} was kept from a stranger`);
    assert(taking.terms.selfTradePrevention === mode, `order ${taker} has another mode`);
  }

  #checkBook(): void {
    const [bid] = this.fold.queue("buy");
    const [ask] = this.fold.queue("sell");
    assert(bid === undefined || ask === undefined || bid.price < ask.price, "the book is crossed");
  }

  /** The laws for each order, checked once at the end of a sequence. */
  checkOrders(): void {
    for (const told of this.fold.orders.values()) checkOrder(told);
  }
}

const checkOrder = (told: Told): void => {
  const { terms, quantity, open, filled, prevented, cancelled, expired, place } = told;
  const sum = filled + open + prevented + cancelled + expired;
  assert(sum === quantity, `order ${terms.order}: ${sum} of ${quantity} accounted for`);
  assert(Math.min(open, filled, prevented, cancelled, expired) >= 0, "a negative quantity");
  assert((open === 0) === (place === "over"), `order ${terms.order} is ${place} with ${open} open`);
  assert(place !== "nowhere", `order ${terms.order} is lost`);
  const neverRests = terms.timeInForce === "IOC" || terms.orderType === "market";
  assert(place !== "resting" || !neverRests, `order ${terms.order} must not rest`);
  const allOrNothing = terms.timeInForce === "FOK";
  if (allOrNothing && place === "over" && cancelled === 0) {
    const whole = filled === 0 || filled === quantity;
    assert(whole, `fill-or-kill order ${terms.order} was filled in part`);
  }
};
