import type { Command, DormantStop, Event, Level, RestingOrder, Side } from "./protocol.ts";
import { naiveApply, naiveBook, naiveDepth } from "./reference/naive-book.ts";

/** The order book of one symbol. It changes through `apply` alone. */
export class Book {
  /** Private to the engine. */
  readonly inner = naiveBook();

  get bestBid(): number | undefined {
    return naiveDepth(this.inner, "buy")[0]?.[0];
  }

  get bestAsk(): number | undefined {
    return naiveDepth(this.inner, "sell")[0]?.[0];
  }

  /** The price of the last trade; undefined before the first. */
  get lastPrice(): number | undefined {
    return this.inner.lastPrice ?? undefined;
  }

  get isHalted(): boolean {
    return this.inner.halted;
  }

  /** How many orders are open, dormant stops included. */
  get openOrders(): number {
    return this.inner.resting.length + this.inner.stops.length;
  }

  /** The visible open quantity at one price; 0 when there is none. */
  quantityAt(side: Side, price: number): number {
    return naiveDepth(this.inner, side).find((level) => level[0] === price)?.[1] ?? 0;
  }

  /** The open order or dormant stop with this number. */
  find(order: number): RestingOrder | DormantStop | undefined {
    const { resting, stops } = this.inner;
    return (
      resting.find((other) => other.order === order) ?? stops.find((other) => other.order === order)
    );
  }
}

export const createBook = (): Book => new Book();

/** Gives the book one command and answers what happened, refusals included. */
export const apply = (book: Book, command: Command): readonly Event[] =>
  naiveApply(book.inner, command);

/** The best levels of one side, best first, as price and visible open quantity. */
export const depth = (book: Book, side: Side, levels: number): readonly Level[] =>
  naiveDepth(book.inner, side).slice(0, levels);
