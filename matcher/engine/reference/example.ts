import { assert } from "../assert.ts";
import { apply, createBook, depth } from "../book.ts";
import { assertConsistent } from "../consistency.ts";
import type { Command, Level } from "../protocol.ts";
import { told } from "./market.ts";
import { naiveApply, naiveBook } from "./naive-book.ts";

/** A market situation: the book before, the command, and the expected events. */
export type Example = {
  readonly given?: readonly Command[];
  readonly when: Command | readonly Command[];
  readonly brings: readonly string[];
  readonly bids?: readonly Level[];
  readonly asks?: readonly Level[];
};

/** Runs an example on the engine and on the naive book. `accepted` events may be left out. */
export const play = ({ given = [], when, brings, bids, asks }: Example): void => {
  const book = createBook();
  const naive = naiveBook();
  for (const command of given) {
    apply(book, command);
    naiveApply(naive, command);
  }
  const acts = "type" in when ? [when] : when;
  const expected = JSON.stringify(brings, undefined, 1);
  const fast = acts.flatMap((command) => apply(book, command).map(told));
  const slow = acts.flatMap((command) => naiveApply(naive, command).map(told));
  for (const [engineName, events] of [["engine", fast] as const, ["naive book", slow] as const]) {
    const shown = events.filter((event) => !event.endsWith(" accepted"));
    const said = JSON.stringify(shown, undefined, 1);
    assert(said === expected, `the ${engineName} says ${said}, not ${expected}`);
  }
  if (bids !== undefined) assertSameLevels(depth(book, "buy", 10), bids);
  if (asks !== undefined) assertSameLevels(depth(book, "sell", 10), asks);
  assertConsistent(book);
};

const assertSameLevels = (actual: readonly Level[], expected: readonly Level[]): void => {
  const [got, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  assert(got === wanted, `the book shows ${got}, not ${wanted}`);
};
