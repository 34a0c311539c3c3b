import { type IdentifiedEvent, readTape } from "./answer.ts";
import { assert, BrokenInvariant } from "./assert.ts";
import { type Book, createBook, execute } from "./book.ts";
import type {
  Cancel,
  Expire,
  Halt,
  Place,
  Replace,
  Resume,
  SelfTradePrevention,
  Side,
  TimeInForce,
} from "./protocol.ts";
import { ownerOf } from "./read.ts";
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

/** An event of the engine with the caller's ids instead of order numbers. */
export type SessionEvent<Id> = IdentifiedEvent<Id>;

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

  place(terms: PlaceOrder<Id>): readonly SessionEvent<Id>[] {
    const { id, stopPrice } = terms;
    const order = this.#numberOf(id);
    const { owner = OWNERLESS + (order % OWNERLESS) } = terms;
    assert(terms.owner === undefined || owner < OWNERLESS, `not an owner: ${owner}`);
    const command: Place = {
      type: "place",
      order,
      owner,
      side: terms.side,
      orderType: terms.orderType ?? "limit",
      quantity: terms.quantity,
      price: terms.price,
      timeInForce: terms.timeInForce ?? "GTC",
      postOnly: terms.postOnly ?? false,
      selfTradePrevention: terms.selfTradePrevention ?? "expire_taker",
    };
    return this.#apply(id, stopPrice === undefined ? command : { ...command, stopPrice });
  }

  modify({ id, remaining, price, stopPrice }: ModifyOrder<Id>): readonly SessionEvent<Id>[] {
    const order = this.#numberOf(id);
    const filled = isCountable(remaining) ? (this.book.filled(order) ?? 0) : 0;
    const quantity = filled + remaining;
    const command: Replace = {
      type: "replace",
      order,
      owner: this.#ownerOf(order),
      quantity,
      price,
    };
    return this.#apply(id, stopPrice === undefined ? command : { ...command, stopPrice });
  }

  cancel(id: Id): readonly SessionEvent<Id>[] {
    const order = this.#numberOf(id);
    return this.#apply(id, { type: "cancel", order, owner: this.#ownerOf(order) });
  }

  expire(id: Id): readonly SessionEvent<Id>[] {
    return this.#apply(id, { type: "expire", order: this.#numberOf(id) });
  }

  halt(): readonly SessionEvent<Id>[] {
    return this.#applyToBook({ type: "halt" });
  }

  resume(): readonly SessionEvent<Id>[] {
    return this.#applyToBook({ type: "resume" });
  }

  /**
   * The number of an open order, or a number that the book has not seen: for an unknown or a new
   * order.
   */
  #numberOf(id: Id): number {
    return this.#numbers.get(id) ?? this.book.lastOrder + 1;
  }

  #ownerOf(order: number): number {
    const { state } = this.book;
    const slot = state.index.find(order);
    return slot === 0 ? 0 : ownerOf(state, slot);
  }

  #applyToBook(command: Halt | Resume): readonly SessionEvent<Id>[] {
    execute(this.book, command);
    return readTape(this.book.state.tape, command, (order) => this.#idOf(order));
  }

  #apply(id: Id, command: Place | Replace | Cancel | Expire): readonly SessionEvent<Id>[] {
    execute(this.book, command);
    const { order } = command;
    const idOf = (number: number): Id => (number === order ? id : this.#idOf(number));
    const events = readTape(this.book.state.tape, command, idOf);
    for (const event of events) this.#follow(event, order);
    return events;
  }

  /** Remembers the ids of orders that are open now, and forgets those of orders that are over. */
  #follow(event: SessionEvent<Id>, placed: number): void {
    switch (event.type) {
      case "rested":
      case "armed":
        // Another order than the one that was placed is open already: a triggered stop.
        if (!this.#numbers.has(event.order)) this.#remember(event.order, placed);
        break;
      case "traded":
      case "prevented":
        if (event.makerOpen === 0) this.#forget(event.maker);
        if (event.takerOpen === 0) this.#forget(event.taker);
        break;
      case "cancelled":
      case "expired":
        this.#forget(event.order);
        break;
    }
  }

  #remember(id: Id, order: number): void {
    this.#numbers.set(id, order);
    this.#ids.set(order, id);
  }

  #forget(id: Id): void {
    const order = this.#numbers.get(id);
    if (order === undefined) return;
    this.#numbers.delete(id);
    this.#ids.delete(order);
  }

  #idOf(order: number): Id {
    const id = this.#ids.get(order);
    if (id === undefined) throw new BrokenInvariant(`order ${order} has no id`);
    return id;
  }
}

/** Each order without an owner gets a new owner number, from this number on. */
const OWNERLESS = 2 ** 30;
