import { assert } from "../assert.ts";
import { type Book, depth } from "../book.ts";
import { assertConsistent } from "../consistency.ts";
import type { Cancel, Place } from "../protocol.ts";
import { type ModifyOrder, Session } from "../session.ts";
import { told } from "./market.ts";

/** A message to a session: the order numbers are ids here and may be used again. */
export type Message = Place | Cancel | (ModifyOrder<number> & { readonly type: "modify" });

/**
 * A message, the expected events as text, and the whole book after it: the bids, best first, a bar,
 * and the asks, best first, as quantity@price.
 */
export type Step = readonly [
  message: Message,
  brings: string | readonly string[],
  bookAfter: string,
];

export const modify = (id: number, remaining: number, price: number): Message => ({
  type: "modify",
  id,
  remaining,
  price,
});

/** Sends the messages to an empty book and reads its prices and quantities after each message. */
export const follow = (...steps: readonly Step[]): void => {
  const session = new Session<number>();
  const prices = new Set<number>();
  for (const [message, brings, bookAfter] of steps) {
    const events = send(session, message).map(told);
    assertSame(
      events.filter((event) => !event.endsWith(" accepted")),
      [brings].flat(),
    );
    if (message.type !== "cancel") prices.add(message.price);
    assertSame(shown(session.book), bookAfter);
    assertTouch(session.book);
    for (const price of prices) assertDepthAt(session.book, price);
    assertConsistent(session.book);
  }
};

const send = (session: Session<number>, message: Message) => {
  if (message.type === "modify") return session.modify(message);
  if (message.type === "cancel") return session.cancel(message.order);
  const { type: _, order, owner: __, ...terms } = message;
  return session.place({ id: order, ...terms });
};

/** Every level of the book, from `depth`. */
const shown = (book: Book): string => {
  const sides = (["buy", "sell"] as const).map((side) =>
    depth(book, side, Number.POSITIVE_INFINITY)
      .map(([price, quantity]) => `${quantity}@${price}`)
      .join(" "),
  );
  return sides.join(" | ").trim();
};

/** The best prices must be those of the first levels, also when nothing has traded since. */
const assertTouch = (book: Book): void => {
  assertSame(book.bestBid, depth(book, "buy", 1)[0]?.[0]);
  assertSame(book.bestAsk, depth(book, "sell", 1)[0]?.[0]);
};

/** A single price must have the quantity in the list of levels, or none. */
const assertDepthAt = (book: Book, price: number): void => {
  for (const side of ["buy", "sell"] as const) {
    const listed = depth(book, side, Number.POSITIVE_INFINITY).find(([at]) => at === price);
    assertSame(book.quantityAt(side, price), listed?.[1] ?? 0);
  }
};

const assertSame = (actual: unknown, expected: unknown): void => {
  const [got, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  assert(got === wanted, `got ${got}, not ${wanted}`);
};
