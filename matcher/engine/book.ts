import { readTape } from "./answer.ts";
import { unreachable } from "./assert.ts";
import { cancel, expire } from "./end.ts";
import { place } from "./place.ts";
import type { Command, DormantStop, Event, Level, RestingOrder, Side } from "./protocol.ts";
import { filledOf, readOrder } from "./read.ts";
import { replace } from "./replace.ts";
import { BookArena, FLAG, State } from "./state.ts";
import { KIND } from "./tape.ts";
import { assertShape } from "./terms.ts";

const { SELL } = FLAG;
const { HALTED, RESUMED } = KIND;

/** The order book of one symbol. It changes only through `apply` and `execute`. */
export class Book {
  /** Internal to the engine. */
  readonly state: State;

  constructor(arena: BookArena) {
    this.state = new State(arena);
  }

  /** The highest bid price; undefined without bids. */
  get bestBid(): number | undefined {
    return bestOf(this.state, "buy");
  }

  /** The lowest ask price; undefined without asks. */
  get bestAsk(): number | undefined {
    return bestOf(this.state, "sell");
  }

  /** The price of the last trade; undefined before the first trade. */
  get lastPrice(): number | undefined {
    return this.state.lastPrice === 0 ? undefined : this.state.lastPrice;
  }

  get isHalted(): boolean {
    return this.state.halted;
  }

  /** How many orders are open, including stops that are not triggered. */
  get openOrders(): number {
    return this.state.openOrders;
  }

  /** The visible open quantity at a price; 0 when there is none. */
  quantityAt(side: Side, price: number): number {
    const flags = side === "buy" ? 0 : SELL;
    const level = this.state.ladder(flags).find(this.state.key(flags, price));
    return level === 0 ? 0 : this.state.levels.total(level);
  }

  /** The highest order number that the book was given so far; 0 before the first order. */
  get lastOrder(): number {
    return this.state.lastOrder;
  }

  /** How much of an open order was filled or prevented; undefined when no such order is open. */
  filled(order: number): number | undefined {
    const slot = this.state.index.find(order);
    return slot === 0 ? undefined : filledOf(this.state, slot);
  }

  /** The open order or untriggered stop with this number. */
  find(order: number): RestingOrder | DormantStop | undefined {
    const slot = this.state.index.find(order);
    return slot === 0 ? undefined : readOrder(this.state, slot);
  }
}

/** Memory for many books: small books are faster in it and need less than each on its own. */
export const createArena = (): BookArena => new BookArena();

/** An empty book, in its own memory or in a given arena. */
export const createBook = (arena: BookArena = createArena()): Book => new Book(arena);

/** Applies a command to the book and returns its events, refusals included. */
export const apply = (book: Book, command: Command): readonly Event[] => {
  execute(book, command);
  return readTape(book.state.tape, command, sameNumber);
};

const sameNumber = (order: number): number => order;

/**
 * Does the same without creating objects: the events stay on the tape until the next command to
 * this book or to another book of its arena. Returns how many there are.
 */
export const execute = (book: Book, command: Command): number => {
  const { state } = book;
  assertShape(command);
  state.tape.clear();
  switch (command.type) {
    case "place":
      place(state, command);
      break;
    case "replace":
      replace(state, command);
      break;
    case "cancel":
      cancel(state, command);
      break;
    case "expire":
      expire(state, command);
      break;
    case "halt":
    case "resume":
      state.halted = command.type === "halt";
      state.tape.note(state.halted ? HALTED : RESUMED, 0);
      break;
    default:
      unreachable(command);
  }
  return state.tape.length;
};

/** The best levels of one side, best first, as price and visible open quantity. */
export const depth = (book: Book, side: Side, levels: number): readonly Level[] => {
  const { state } = book;
  const flags = side === "buy" ? 0 : SELL;
  const ladder = state.ladder(flags);
  const found: Level[] = [];
  for (let level = ladder.best; level !== 0 && found.length < levels; ) {
    found.push([state.key(flags, state.levels.key(level)), state.levels.total(level)]);
    level = ladder.below(level);
  }
  return found;
};

const bestOf = (state: State, side: Side): number | undefined => {
  const flags = side === "buy" ? 0 : SELL;
  const { best, bestKey } = state.ladder(flags);
  return best === 0 ? undefined : state.key(flags, bestKey);
};
