import { type LimitOrderOptions, OrderBook, Side } from "nodejs-order-book";
import { assert } from "../layers/domain/assert.ts";
import { apply, type Book, createArena, createBook, execute } from "../matcher/engine/book.ts";
import type { Cancel, Place } from "../matcher/engine/protocol.ts";
import { KIND, STRIDE } from "../matcher/engine/tape.ts";
import {
  type Columns,
  columnsOf,
  isCancel,
  isCrossing,
  isSelling,
  type Stream,
} from "./engine-stream.ts";

/** A contestant. */
export type Runner = {
  readonly name: string;
  /** Fills new books and prepares the stream for them. */
  readonly prepare: (stream: Stream, symbols: number) => Prepared;
};

/** A stream that can be run once. */
type Prepared = {
  /** Returns the quantity that all operations executed. */
  readonly run: () => number;
  /** Returns the quantity that each operation executed. */
  readonly runEach: () => readonly number[];
  /** Returns the time of each operation in milliseconds. */
  readonly runTimed: () => Float64Array;
};

/** The parts of a contestant: how it creates a book, and how it runs an operation. */
type Contestant<Kind> = {
  readonly name: string;
  readonly createBooks: (symbols: number) => readonly Kind[];
  /** Runs an operation and returns the quantity it executed. */
  readonly step: (book: Kind, columns: Columns, at: number) => number;
};

/**
 * The number of operations in one call of the loop, so that it is compiled like any other function.
 */
const TURN = 500;

/** The common part of all contestants: fill the books, run the stream, add up. */
const runnerOf = <Kind>({ name, createBooks, step }: Contestant<Kind>): Runner => {
  const [nowhere] = createBooks(1);
  assert(nowhere !== undefined, name);
  const stepAt = (books: readonly Kind[], columns: Columns, at: number): number =>
    step(books[columns.book[at] ?? 0] ?? nowhere, columns, at);
  const runTurn = (books: readonly Kind[], columns: Columns, from: number): number => {
    const end = Math.min(columns.length, from + TURN);
    let executed = 0;
    for (let at = from; at < end; at += 1) executed += stepAt(books, columns, at);
    return executed;
  };
  const runAll = (books: readonly Kind[], columns: Columns): number => {
    let executed = 0;
    for (let at = 0; at < columns.length; at += TURN) executed += runTurn(books, columns, at);
    return executed;
  };
  return {
    name,
    prepare: (stream, symbols) => {
      const books = createBooks(symbols);
      runAll(books, columnsOf(stream.fill));
      const columns = columnsOf(stream.run);
      return {
        run: () => runAll(books, columns),
        runEach: () => Array.from(columns.kind, (_, at) => stepAt(books, columns, at)),
        runTimed: () => {
          const times = new Float64Array(columns.length);
          let before = performance.now();
          for (let at = 0; at < columns.length; at += 1) {
            stepAt(books, columns, at);
            const after = performance.now();
            times[at] = after - before;
            before = after;
          }
          return times;
        },
      };
    },
  };
};

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** The two commands, reused for every operation. */
const place: Writable<Place> = {
  type: "place",
  order: 1,
  owner: 1,
  side: "buy",
  orderType: "limit",
  quantity: 1,
  price: 1,
  timeInForce: "GTC",
  postOnly: false,
  selfTradePrevention: "expire_taker",
};
const cancel: Writable<Cancel> = { type: "cancel", order: 1, owner: 1 };

/** Makes the command of an operation. */
const commandAt = (columns: Columns, at: number): Place | Cancel => {
  const kind = columns.kind[at] ?? 0;
  if (isCancel(kind)) {
    cancel.order = columns.order[at] ?? 0;
    cancel.owner = columns.owner[at] ?? 0;
    return cancel;
  }
  place.order = columns.order[at] ?? 0;
  place.owner = columns.owner[at] ?? 0;
  place.side = isSelling(kind) ? "sell" : "buy";
  place.quantity = columns.quantity[at] ?? 0;
  place.price = columns.price[at] ?? 0;
  place.timeInForce = isCrossing(kind) ? "IOC" : "GTC";
  return place;
};

const booksOf = (symbols: number): readonly Book[] => {
  const arena = createArena();
  return Array.from({ length: symbols }, () => createBook(arena));
};

/** The engine as a matcher's inner loop would use it: events are read from the tape. */
export const engine = runnerOf({
  name: "engine",
  createBooks: booksOf,
  step: (book, columns, at) => {
    const end = execute(book, commandAt(columns, at)) * STRIDE;
    const { cells } = book.state.tape;
    let executed = 0;
    for (let cell = 0; cell < end; cell += STRIDE) {
      if (((cells[cell] ?? 0) & 15) === KIND.TRADED) executed += cells[cell + 4] ?? 0;
    }
    return executed;
  },
});

/** The engine with an object for every event. */
const engineWithObjects = runnerOf({
  name: "engine with objects",
  createBooks: booksOf,
  step: (book, columns, at) => {
    let executed = 0;
    for (const event of apply(book, commandAt(columns, at))) {
      if (event.type === "traded") executed += event.quantity;
    }
    return executed;
  },
});

/** The options of the other library, reused for every operation too. */
const options: LimitOrderOptions = { id: "", side: Side.BUY, size: 1, price: 1 };
const taking: LimitOrderOptions = { ...options };
Object.assign(taking, { timeInForce: "IOC" });

/** nodejs-order-book. The id strings were created beforehand. */
const rival = runnerOf({
  name: "nodejs-order-book",
  createBooks: (symbols) => Array.from({ length: symbols }, () => new OrderBook()),
  step: (book, columns, at) => {
    const kind = columns.kind[at] ?? 0;
    const id = columns.id[at] ?? "";
    if (isCancel(kind)) {
      book.cancel(id);
      return 0;
    }
    const placed = isCrossing(kind) ? taking : options;
    placed.id = id;
    placed.side = isSelling(kind) ? Side.SELL : Side.BUY;
    placed.size = columns.quantity[at] ?? 0;
    placed.price = columns.price[at] ?? 0;
    return placed.size - book.limit(placed).quantityLeft;
  },
});

export const RUNNERS: readonly Runner[] = [engine, engineWithObjects, rival];

/** Throws unless both execute the same quantity in each operation. */
export const compareExecuted = (stream: Stream, symbols: number): void => {
  const ours = engine.prepare(stream, symbols).runEach();
  const theirs = rival.prepare(stream, symbols).runEach();
  const at = ours.findIndex((executed, index) => executed !== theirs[index]);
  if (at >= 0) throw new Error(`operation ${at} executed ${ours[at]}, the rival ${theirs[at]}`);
};
