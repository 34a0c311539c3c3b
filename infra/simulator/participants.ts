import {
  drift,
  follow,
  noise,
  type Opinion,
  quote,
  type Side,
  seededRandom,
  type Wish,
} from "./quotes.ts";

/** A level of a book on which the market maker keeps a quote. */
export type Slot = { readonly symbol: string; readonly side: Side; readonly level: number };

/** The orders of one step: a renewed quote and, now and then, an order that trades. */
export type Step = {
  readonly slot: Slot;
  readonly quote: Wish;
  readonly take: { readonly who: "noise" | "momentum"; readonly wish: Wish } | undefined;
};

const LEVELS = [0, 1, 2];
const SIDES: readonly Side[] = ["buy", "sell"];
const TAKE_EVERY = 7; // not a divisor of the number of slots, so that every symbol trades.

/**
 * Yields the steps of the participants without end. They depend on the seed and the symbols only:
 * not on the clock, and not on what happens to their orders.
 */
export function* participate(
  seed: number,
  symbols: readonly { readonly symbol: string; readonly anchor: number }[],
): Generator<Step, never> {
  const random = seededRandom(seed);
  const opinions = new Map<string, Opinion>(
    symbols.map(({ symbol, anchor }) => [symbol, { symbol, anchor, fair: anchor, trend: 0 }]),
  );
  // Goes level by level, so that every symbol has a best bid and ask after two steps for each
  // symbol.
  const slots = LEVELS.flatMap((level) =>
    symbols.flatMap(({ symbol }) => SIDES.map((side): Slot => ({ symbol, side, level }))),
  );
  for (let number = 0; ; number += 1) {
    const slot = slots[number % slots.length];
    const known = slot === undefined ? undefined : opinions.get(slot.symbol);
    if (slot === undefined || known === undefined) throw new Error("a market has symbols");
    const opinion = drift(known, random);
    opinions.set(slot.symbol, opinion);
    yield {
      slot,
      quote: quote(opinion, slot.side, slot.level, random),
      take: number % TAKE_EVERY === 0 ? takeOf(opinion, random) : undefined,
    };
  }
}

/** Half of the orders that trade are random; the other half follow a move, when there is one. */
const takeOf = (opinion: Opinion, random: () => number): Step["take"] => {
  const after = random() < 0.5 ? follow(opinion, random) : undefined;
  return after === undefined
    ? { who: "noise", wish: noise(opinion, random) }
    : { who: "momentum", wish: after };
};
