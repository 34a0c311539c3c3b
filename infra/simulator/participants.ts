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

/** One of the places in a book that the market maker keeps filled. */
export type Slot = { readonly symbol: string; readonly side: Side; readonly level: number };

/** What all simulated participants do in one step: a quote is renewed, and now and then somebody takes. */
export type Step = {
  readonly slot: Slot;
  readonly quote: Wish;
  readonly take: { readonly who: "noise" | "momentum"; readonly wish: Wish } | undefined;
};

const LEVELS = [0, 1, 2];
const SIDES: readonly Side[] = ["buy", "sell"];
const TAKE_EVERY = 7; // no divisor of the slots, so that every symbol trades

/**
 * What the participants of a market do, step after step, without end. It depends on the seed and the
 * symbols alone: not on the clock, and not on what becomes of their orders.
 */
export function* participate(
  seed: number,
  symbols: readonly { readonly symbol: string; readonly anchor: number }[],
): Generator<Step, never> {
  const random = seededRandom(seed);
  const opinions = new Map<string, Opinion>(
    symbols.map(({ symbol, anchor }) => [symbol, { symbol, anchor, fair: anchor, trend: 0 }]),
  );
  // Level by level, so that every symbol has a best bid and ask after two steps for each.
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

/** Half of those who take trade on noise; the others only when there is a move to run after. */
const takeOf = (opinion: Opinion, random: () => number): Step["take"] => {
  const after = random() < 0.5 ? follow(opinion, random) : undefined;
  return after === undefined
    ? { who: "noise", wish: noise(opinion, random) }
    : { who: "momentum", wish: after };
};
