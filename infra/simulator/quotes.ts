/** Numbers from 0 to 1 that only depend on the seed (mulberry32). */
export const seededRandom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

export type Side = "buy" | "sell";

/** The state of one symbol for the simulated participants; prices are in cents. */
export type Opinion = {
  readonly symbol: string;
  readonly anchor: number;
  readonly fair: number;
  /** The recent direction and size of the moves of the fair value. */
  readonly trend: number;
};

/** An order to send; the price is in cents. */
export type Wish = {
  readonly symbol: string;
  readonly side: Side;
  readonly price: number;
  readonly quantity: number;
};

/**
 * The largest distance of the fair value from its anchor: quotes of AAPL at 100 stay well inside 99
 * to 101.
 */
const LEASH = 0.003;
const PULL = 0.02;
const STEP = 0.0004;
const SPREAD = 0.0002;
const LEVEL_GAP = 0.0004;
const TAKING_RANGE = 0.005;
/** The weight of a move after the next move. */
const MEMORY = 0.9;
/** A smaller move is not a trend. */
const TREND = 0.0002;

/**
 * Moves the fair value one step: at random, drawn back to the anchor, and never beyond the limit.
 */
export const drift = (opinion: Opinion, random: () => number): Opinion => {
  const { anchor, fair } = opinion;
  const next = fair + (anchor - fair) * PULL + (random() - 0.5) * 2 * STEP * anchor;
  const limit = anchor * LEASH;
  const moved = Math.min(anchor + limit, Math.max(anchor - limit, next));
  return { ...opinion, fair: moved, trend: opinion.trend * MEMORY + (moved - fair) };
};

/** The quote of one level: 0 is the best. A buy is always below the fair value, a sell above. */
export const quote = (
  { symbol, anchor, fair }: Opinion,
  side: Side,
  level: number,
  random: () => number,
): Wish => {
  const distance = anchor * (SPREAD + level * LEVEL_GAP + random() * LEVEL_GAP);
  const price =
    side === "buy"
      ? Math.min(Math.floor(fair - distance), Math.ceil(fair) - 1)
      : Math.max(Math.ceil(fair + distance), Math.floor(fair) + 1);
  return { symbol, side, price, quantity: 100 * (level + 1) + Math.floor(random() * 100) };
};

/** A random order near the fair value. */
export const noise = (opinion: Opinion, random: () => number): Wish =>
  takeOn(random() < 0.5 ? "buy" : "sell", opinion, random);

/** An order in the direction of a move; undefined while there is no move. */
export const follow = (opinion: Opinion, random: () => number): Wish | undefined => {
  const { anchor, trend } = opinion;
  if (Math.abs(trend) < anchor * TREND) return undefined;
  return takeOn(trend > 0 ? "buy" : "sell", opinion, random);
};

/** The price of an order that trades: it reaches the best quotes of the opposite side. */
const takeOn = (side: Side, { symbol, anchor, fair }: Opinion, random: () => number): Wish => {
  const reach = anchor * TAKING_RANGE * (side === "buy" ? 1 : -1);
  const quantity = 1 + Math.floor(random() * 20);
  return { symbol, side, price: Math.round(fair + reach), quantity };
};
