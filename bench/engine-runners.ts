import { type LimitOrderOptions, OrderBook, Side } from "nodejs-order-book";
import { apply, type Book, createBook, execute } from "../matcher/engine/book.ts";
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

/** One contestant. */
export type Runner = {
  readonly name: string;
  /** Fills fresh books and makes the stream ready for them. */
  readonly prepare: (stream: Stream, symbols: number) => Prepared;
};

/** A stream that can be run once. */
type Prepared = {
  /** Answers what all operations executed. */
  readonly run: () => number;
  /** Answers what every operation executed. */
  readonly runEach: () => readonly number[];
  /** Answers how long every operation took, in milliseconds. */
  readonly runTimed: () => Float64Array;
};

/** Does one operation and answers the quantity it executed. */
type Step = (columns: Columns, at: number) => number;

/** What every contestant does alike: fill the books, then run the stream and add up. */
const runnerOf = (name: string, begin: (symbols: number) => Step): Runner => ({
  name,
  prepare: (stream, symbols) => {
    const step = begin(symbols);
    const fill = columnsOf(stream.fill);
    for (let at = 0; at < fill.length; at += 1) step(fill, at);
    const columns = columnsOf(stream.run);
    return {
      run: () => {
        let executed = 0;
        for (let at = 0; at < columns.length; at += 1) executed += step(columns, at);
        return executed;
      },
      runTimed: () => {
        const times = new Float64Array(columns.length);
        let before = performance.now();
        for (let at = 0; at < columns.length; at += 1) {
          step(columns, at);
          const after = performance.now();
          times[at] = after - before;
          before = after;
        }
        return times;
      },
      runEach: () => stream.run.map((_, at) => step(columns, at)),
    };
  },
});

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** The two command objects that are filled in again for every operation. */
const reusedCommands = (): { place: Writable<Place>; cancel: Writable<Cancel> } => ({
  place: {
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
  },
  cancel: { type: "cancel", order: 1, owner: 1 },
});

/** Makes the command of an operation, and gives it to the book it is meant for. */
const beginOurs = (
  symbols: number,
  give: (book: Book, command: Place | Cancel) => number,
): Step => {
  const books = Array.from({ length: symbols }, createBook);
  const nowhere = createBook();
  const { place, cancel } = reusedCommands();
  return (columns, at) => {
    const book = books[columns.book[at] ?? 0] ?? nowhere;
    const kind = columns.kind[at] ?? 0;
    if (isCancel(kind)) {
      cancel.order = columns.order[at] ?? 0;
      cancel.owner = columns.owner[at] ?? 0;
      return give(book, cancel);
    }
    place.order = columns.order[at] ?? 0;
    place.owner = columns.owner[at] ?? 0;
    place.side = isSelling(kind) ? "sell" : "buy";
    place.quantity = columns.quantity[at] ?? 0;
    place.price = columns.price[at] ?? 0;
    place.timeInForce = isCrossing(kind) ? "IOC" : "GTC";
    return give(book, place);
  };
};

/** The engine as a matcher's inner loop would drive it: events are read from the tape. */
export const engine = runnerOf("engine", (symbols) =>
  beginOurs(symbols, (book, command) => {
    const end = execute(book, command) * STRIDE;
    const { cells } = book.state.tape;
    let executed = 0;
    for (let at = 0; at < end; at += STRIDE) {
      if (((cells[at] ?? 0) & 15) === KIND.TRADED) executed += cells[at + 4] ?? 0;
    }
    return executed;
  }),
);

/** The engine with an object for every event. */
const engineWithObjects = runnerOf("engine with objects", (symbols) =>
  beginOurs(symbols, (book, command) => {
    let executed = 0;
    for (const event of apply(book, command)) {
      if (event.type === "traded") executed += event.quantity;
    }
    return executed;
  }),
);

/** nodejs-order-book, with one option object filled in again and the id strings made beforehand. */
const rival = runnerOf("nodejs-order-book", (symbols) => {
  const books = Array.from({ length: symbols }, () => new OrderBook());
  const nowhere = new OrderBook();
  const options: LimitOrderOptions = { id: "", side: Side.BUY, size: 1, price: 1 };
  const taking: LimitOrderOptions = { ...options };
  Object.assign(taking, { timeInForce: "IOC" });
  return (columns, at) => {
    const book = books[columns.book[at] ?? 0] ?? nowhere;
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
  };
});

export const RUNNERS: readonly Runner[] = [engine, engineWithObjects, rival];

/** Throws unless both execute the same quantity in every single operation. */
export const compareExecuted = (stream: Stream, symbols: number): void => {
  const ours = engine.prepare(stream, symbols).runEach();
  const theirs = rival.prepare(stream, symbols).runEach();
  const at = ours.findIndex((executed, index) => executed !== theirs[index]);
  if (at >= 0) throw new Error(`operation ${at} executed ${ours[at]}, the rival ${theirs[at]}`);
};
