import { assert, BrokenInvariant } from "./assert.ts";
import { apply, type Book, createBook } from "./book.ts";
import type {
  Cancel,
  Event,
  Expire,
  Place,
  Replace,
  SelfTradePrevention,
  Side,
  TimeInForce,
} from "./protocol.ts";
import { isCountable } from "./terms.ts";

/** A new order under the caller's id. By default it is a limit order, good till cancelled. */
export type PlaceOrder<Id> = {
  readonly id: Id;
  readonly side: Side;
  readonly quantity: number;
  readonly price: number;
  /**
   * Orders of one owner do not trade with each other; an owner is below 2^30. An order without an
   * owner trades with every other order.
   */
  readonly owner?: number;
  readonly orderType?: Place["orderType"];
  readonly stopPrice?: number;
  readonly timeInForce?: TimeInForce;
  readonly postOnly?: boolean;
  readonly selfTradePrevention?: SelfTradePrevention;
};

/** New terms for an open order. `remaining` is the new open quantity; fills do not count. */
export type ModifyOrder<Id> = {
  readonly id: Id;
  readonly remaining: number;
  readonly price: number;
  readonly stopPrice?: number;
};

type Named<E, Id> = E extends Event
  ? { readonly [Key in keyof E]: Key extends "order" | "maker" | "taker" ? Id : E[Key] }
  : never;

/** An event of the engine with the caller's ids instead of order numbers. */
export type SessionEvent<Id> = Named<Event, Id>;

/**
 * An order book for callers with ids of their own, of any type that a `Map` accepts as a key. An id
 * may be used again once its order has ended, and callers need not track fills to modify an order.
 */
export class Session<Id> {
  readonly book: Book;
  readonly #numbers = new Map<Id, number>();
  readonly #ids = new Map<number, Id>();

  /** Continues with a book that already has orders; `open` must have the id of every open order. */
  constructor(book: Book = createBook(), open: Iterable<readonly [id: Id, order: number]> = []) {
    this.book = book;
    for (const [id, order] of open) this.#remember(id, order);
    const { size } = this.#numbers;
    assert(size === book.openOrders, `${book.openOrders} open orders, ${size} ids`);
  }

  /** The ids of all open orders with their numbers in the engine. */
  get open(): ReadonlyMap<Id, number> {
    return this.#numbers;
  }

  place({ id, ...terms }: PlaceOrder<Id>): readonly SessionEvent<Id>[] {
    const order = this.#numberOf(id);
    const { owner = OWNERLESS + (order % OWNERLESS) } = terms;
    assert(terms.owner === undefined || owner < OWNERLESS, `not an owner: ${owner}`);
    return this.#apply(id, { ...DEFAULTS, ...terms, type: "place", order, owner });
  }

  modify({ id, remaining, price, stopPrice }: ModifyOrder<Id>): readonly SessionEvent<Id>[] {
    const order = this.#numberOf(id);
    const filled = isCountable(remaining) ? (this.book.filled(order) ?? 0) : 0;
    return this.#apply(id, {
      type: "replace",
      order,
      owner: this.#ownerOf(order),
      quantity: filled + remaining,
      price,
      ...(stopPrice === undefined ? {} : { stopPrice }),
    });
  }

  cancel(id: Id): readonly SessionEvent<Id>[] {
    const order = this.#numberOf(id);
    return this.#apply(id, { type: "cancel", order, owner: this.#ownerOf(order) });
  }

  expire(id: Id): readonly SessionEvent<Id>[] {
    return this.#apply(id, { type: "expire", order: this.#numberOf(id) });
  }

  halt(): readonly SessionEvent<Id>[] {
    return apply(this.book, { type: "halt" }).map((event) => this.#named(event));
  }

  resume(): readonly SessionEvent<Id>[] {
    return apply(this.book, { type: "resume" }).map((event) => this.#named(event));
  }

  /**
   * The number of an open order, or a number that the book has not seen: for an unknown or a new
   * order.
   */
  #numberOf(id: Id): number {
    return this.#numbers.get(id) ?? this.book.lastOrder + 1;
  }

  #ownerOf(order: number): number {
    return this.book.find(order)?.owner ?? 0;
  }

  #remember(id: Id, order: number): void {
    this.#numbers.set(id, order);
    this.#ids.set(order, id);
  }

  #apply(id: Id, command: Place | Replace | Cancel | Expire): readonly SessionEvent<Id>[] {
    const events = apply(this.book, command);
    this.#remember(id, command.order);
    const named = events.map((event) => this.#named(event));
    this.#removeIfOver(command.order);
    for (const event of events) {
      if ("maker" in event) this.#removeIfOver(event.maker);
      else if ("order" in event) this.#removeIfOver(event.order);
    }
    return named;
  }

  #removeIfOver(order: number): void {
    const id = this.#ids.get(order);
    if (id === undefined || this.book.filled(order) !== undefined) return;
    this.#ids.delete(order);
    this.#numbers.delete(id);
  }

  #named(event: Event): SessionEvent<Id> {
    switch (event.type) {
      case "halted":
      case "resumed":
        return event;
      case "traded":
      case "prevented":
        return { ...event, maker: this.#idOf(event.maker), taker: this.#idOf(event.taker) };
      default:
        return { ...event, order: this.#idOf(event.order) };
    }
  }

  #idOf(order: number): Id {
    const id = this.#ids.get(order);
    if (id === undefined) throw new BrokenInvariant(`order ${order} has no id`);
    return id;
  }
}

/** Each order without an owner gets a new owner number, from this number on. */
const OWNERLESS = 2 ** 30;

const DEFAULTS = {
  orderType: "limit",
  timeInForce: "GTC",
  postOnly: false,
  selfTradePrevention: "expire_taker",
} as const;
