import { type Book, createBook, execute } from "../matcher/engine/book.ts";
import type { Cancel, Place } from "../matcher/engine/protocol.ts";

/**
 * The shape of a stream: how many books, how full they are, and what share of the orders crosses.
 */
export type Shape = {
  readonly name: string;
  readonly symbols: number;
  readonly resting: number;
  readonly operations: number;
  /** Per cent of the operations that cancel and that cross; the rest adds orders to the book. */
  readonly cancelling: number;
  readonly crossing: number;
  /** How many price levels a side is spread over. */
  readonly levels: number;
};

/** An operation, the same for every engine. `book` is the number of the symbol. */
export type Operation = { readonly book: number; readonly command: Place | Cancel };

export type Stream = { readonly fill: readonly Operation[]; readonly run: readonly Operation[] };

/** About 47 % add, 43 % cancel, 10 % cross: an ordinary day of a book. */
const ORDINARY = { cancelling: 43, crossing: 10 };
/** Half of the operations take liquidity. */
const CROSSING = { cancelling: 0, crossing: 50 };

const shapeOf = (name: string, symbols: number, resting: number, mix: typeof ORDINARY): Shape => ({
  name,
  symbols,
  resting,
  operations: 300_000,
  levels: 500,
  ...mix,
});

export const SHAPES: readonly Shape[] = [
  shapeOf("1,000 on 100 symbols", 100, 1_000, ORDINARY),
  shapeOf("100,000 on 100 symbols", 100, 100_000, ORDINARY),
  shapeOf("100,000 on one symbol", 1, 100_000, ORDINARY),
  shapeOf("1,000 on 100, crossing", 100, 1_000, CROSSING),
  shapeOf("100,000 on 100, crossing", 100, 100_000, CROSSING),
  shapeOf("100,000 on one, crossing", 1, 100_000, CROSSING),
];

/** An ordinary day on books of another size. */
export const ordinary = (symbols: number, resting: number, operations: number): Shape => ({
  ...shapeOf("", symbols, resting, ORDINARY),
  operations,
});

const MIDDLE = 100_000;
const LARGEST_LOT = 100;

/** A small fast random number generator: a seed determines the stream (mulberry32). */
export const randomOf = (seed: number): ((below: number) => number) => {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
};

/** The open orders of all books, to draw a random order from. */
class Living {
  readonly #operations: { book: number; order: number; owner: number }[] = [];
  readonly #books: readonly Book[];

  constructor(books: readonly Book[]) {
    this.#books = books;
  }

  add(book: number, { order, owner }: Place): void {
    this.#operations.push({ book, order, owner });
  }

  /** Removes and returns a random order that is still open. */
  draw(
    random: (below: number) => number,
  ): { book: number; order: number; owner: number } | undefined {
    while (this.#operations.length > 0) {
      const at = random(this.#operations.length);
      const found = this.#operations[at];
      const last = this.#operations.pop();
      if (last !== undefined && at < this.#operations.length) this.#operations[at] = last;
      if (found !== undefined && this.#books[found.book]?.find(found.order) !== undefined) {
        return found;
      }
    }
    return undefined;
  }
}

/** Draws a stream. The engine is run too, untimed, to know which orders are still open. */
export const streamOf = (shape: Shape, seed: number): Stream => {
  const random = randomOf(seed);
  const books = Array.from({ length: shape.symbols }, createBook);
  const living = new Living(books);
  let order = 0;
  const place = (crosses: boolean): Operation => {
    order += 1;
    const book = random(shape.symbols);
    const command = newOrder(shape, random, order, crosses);
    const target = books[book];
    if (target !== undefined) execute(target, command);
    if (target?.find(order) !== undefined) living.add(book, command);
    return { book, command };
  };
  const step = (): Operation => {
    const kind = random(100);
    if (kind >= shape.cancelling) return place(kind < shape.cancelling + shape.crossing);
    const drawn = living.draw(random);
    if (drawn === undefined) return place(false);
    const { book, order: cancelled, owner } = drawn;
    const command: Cancel = { type: "cancel", order: cancelled, owner };
    const target = books[book];
    if (target !== undefined) execute(target, command);
    return { book, command };
  };
  const fill = Array.from({ length: shape.resting }, () => place(false));
  return { fill, run: Array.from({ length: shape.operations }, step) };
};

/**
 * An order that rests on its side of the middle, or one that crosses it and takes about one order.
 */
const newOrder = (
  shape: Shape,
  random: (below: number) => number,
  order: number,
  crosses: boolean,
): Place => {
  const buys = random(2) === 0;
  const distance = 1 + random(shape.levels);
  const isAbove = buys === crosses;
  const taking = shape.cancelling === 0 ? LARGEST_LOT : (LARGEST_LOT * 2) / 5;
  return {
    type: "place",
    order,
    owner: order % 1_000_003,
    side: buys ? "buy" : "sell",
    orderType: "limit",
    quantity: 1 + random(crosses ? taking : LARGEST_LOT),
    price: MIDDLE + (isAbove ? distance : -distance),
    timeInForce: crosses ? "IOC" : "GTC",
    postOnly: false,
    selfTradePrevention: "expire_taker",
  };
};

/** A stream in columns, so that driving an engine costs little compared with the engine. */
export type Columns = {
  readonly length: number;
  readonly book: Int32Array;
  readonly order: Int32Array;
  readonly owner: Int32Array;
  readonly kind: Int32Array;
  readonly quantity: Int32Array;
  readonly price: Int32Array;
  /** The order numbers as strings, for engines that need strings. */
  readonly id: readonly string[];
};

const SELLING = 1;
const IMMEDIATE = 2;
const CANCELLING = 4;

export const isSelling = (kind: number): boolean => (kind & SELLING) !== 0;
export const isCrossing = (kind: number): boolean => (kind & IMMEDIATE) !== 0;
export const isCancel = (kind: number): boolean => kind === CANCELLING;

export const columnsOf = (operations: readonly Operation[]): Columns => {
  const pick = (value: (operation: Operation) => number): Int32Array =>
    Int32Array.from(operations.map(value));
  return {
    length: operations.length,
    book: pick(({ book }) => book),
    order: pick(({ command }) => command.order),
    owner: pick(({ command }) => command.owner),
    kind: pick(({ command }) => kindOf(command)),
    quantity: pick(({ command }) => (command.type === "place" ? command.quantity : 0)),
    price: pick(({ command }) => (command.type === "place" ? command.price : 0)),
    id: operations.map(({ command }) => String(command.order)),
  };
};

const kindOf = (command: Place | Cancel): number => {
  if (command.type === "cancel") return CANCELLING;
  return (command.side === "sell" ? SELLING : 0) | (command.timeInForce === "IOC" ? IMMEDIATE : 0);
};
