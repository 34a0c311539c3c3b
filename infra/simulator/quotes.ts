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

/** What the simulated participants think of one symbol; prices are in cents. */
export type Opinion = {
  readonly symbol: string;
  readonly anchor: number;
  readonly fair: number;
  /** Where the fair value has been going lately, and how far. */
  readonly trend: number;
};

/** An order to send; the price is in cents. */
export type Wish = {
  readonly symbol: string;
  readonly side: Side;
  readonly price: number;
  readonly quantity: number;
};

/** How far the fair value may leave its anchor: quotes of an AAPL at 100 stay well inside 99 to 101. */
const LEASH = 0.003;
const PULL = 0.02;
const STEP = 0.0004;
const SPREAD = 0.0002;
const LEVEL_GAP = 0.0004;
const TAKING_RANGE = 0.005;
/** What a move counts for after the next one. */
const MEMORY = 0.9;
/** A move of less is no trend. */
const TREND = 0.0002;

/** A step of the fair value: at random, drawn back to the anchor, never off its leash. */
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

/** An order of somebody who trades for reasons of their own, near the fair value. */
export const noise = (opinion: Opinion, random: () => number): Wish =>
  takeOn(random() < 0.5 ? "buy" : "sell", opinion, random);

/** An order of somebody who runs after a move; undefined while there is none. */
export const follow = (opinion: Opinion, random: () => number): Wish | undefined => {
  const { anchor, trend } = opinion;
  if (Math.abs(trend) < anchor * TREND) return undefined;
  return takeOn(trend > 0 ? "buy" : "sell", opinion, random);
};

/** Takes what is offered near the fair value: the price reaches the best quotes of the other side. */
const takeOn = (side: Side, { symbol, anchor, fair }: Opinion, random: () => number): Wish => {
  const reach = anchor * TAKING_RANGE * (side === "buy" ? 1 : -1);
  const quantity = 1 + Math.floor(random() * 20);
  return { symbol, side, price: Math.round(fair + reach), quantity };
};
