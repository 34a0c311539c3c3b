import { assert } from "../assert.ts";
import { apply, createBook, depth } from "../book.ts";
import { assertConsistent } from "../consistency.ts";
import type { Command, Event, Snapshot } from "../protocol.ts";
import { snapshot } from "../snapshot.ts";
import { naiveApply, naiveBook, naiveDepth, naiveSnapshot } from "./naive-book.ts";

/** Receives every command with the state before it and its events. */
type Watcher = (command: Command, before: Snapshot, events: readonly Event[]) => void;

/** Runs the engine and the naive book in parallel; throws at the first difference of any kind. */
export const runLockstep = (commands: readonly Command[], watch: Watcher = () => {}): void => {
  const book = createBook();
  const naive = naiveBook();
  let before = naiveSnapshot(naive);
  for (const command of commands) {
    const events = apply(book, command);
    assertSame(events, naiveApply(naive, command), "events", command);
    const after = naiveSnapshot(naive);
    assertSameState(snapshot(book), after, command);
    for (const side of ["buy", "sell"] as const) {
      const levels = naiveDepth(naive, side);
      assertSame(depth(book, side, Number.POSITIVE_INFINITY), levels, `${side} depth`, command);
      const best = side === "buy" ? book.bestBid : book.bestAsk;
      assertSame(best, levels[0]?.[0], `best ${side}`, command);
      for (const [price, quantity] of levels) {
        assertSame(book.quantityAt(side, price), quantity, `${side} quantity at ${price}`, command);
      }
    }
    assertFound(book, after, command);
    assertConsistent(book);
    watch(command, before, events);
    before = after;
  }
};

const assertFound = (
  book: ReturnType<typeof createBook>,
  after: Snapshot,
  command: Command,
): void => {
  const count = after.resting.length + after.stops.length;
  assertSame(book.openOrders, count, "count of open orders", command);
  if (!("order" in command)) return;
  const isIt = (listed: { order: number }): boolean => listed.order === command.order;
  const expected = after.resting.find(isIt) ?? after.stops.find(isIt);
  assertSame(book.find(command.order), expected, "order found", command);
};

const assertSame = (actual: unknown, expected: unknown, what: string, command: Command): void => {
  const [got, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  assert(got === wanted, `${what} after ${JSON.stringify(command)}: ${got}, not ${wanted}`);
};

/** Compares two texts; fast enough to be called after every command. */
const assertSameState = (actual: Snapshot, expected: Snapshot, command: Command): void => {
  const same =
    actual.lastOrder === expected.lastOrder &&
    actual.lastPrice === expected.lastPrice &&
    actual.halted === expected.halted &&
    areSame(actual.resting, expected.resting) &&
    areSame(actual.stops, expected.stops);
  if (!same) assertSame(actual, expected, "book", command);
};

const areSame = (actual: readonly object[], expected: readonly object[]): boolean =>
  actual.length === expected.length &&
  actual.every((order, at) => {
    const wanted: Record<string, unknown> = { ...expected[at] };
    return Object.entries(order).every(([field, value]) => wanted[field] === value);
  });

/** The shortest list of commands that still fails, found by leaving commands out. */
export const shorten = (
  commands: readonly Command[],
  fails: (commands: readonly Command[]) => boolean,
): readonly Command[] => {
  let shortest = commands;
  for (let size = Math.ceil(commands.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < shortest.length; ) {
      const without = [...shortest.slice(0, at), ...shortest.slice(at + size)];
      if (fails(without)) shortest = without;
      else at += size;
    }
  }
  return shortest;
};
