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
export type Opinion = { readonly symbol: string; readonly anchor: number; readonly fair: number };

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

/** A step of the fair value: at random, drawn back to the anchor, never off its leash. */
export const drift = (opinion: Opinion, random: () => number): Opinion => {
  const { anchor, fair } = opinion;
  const next = fair + (anchor - fair) * PULL + (random() - 0.5) * 2 * STEP * anchor;
  const limit = anchor * LEASH;
  return { ...opinion, fair: Math.min(anchor + limit, Math.max(anchor - limit, next)) };
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

/**
 * What one taker in this market does next: half of them trade on noise, the other half run after the
 * fair value when it has just moved.
 */
export const takeOrFollow = (before: Opinion, now: Opinion, random: () => number): Wish => {
  const noise = take(now, random);
  if (random() < 0.5 || before.fair === now.fair) return noise;
  return takeOn(now.fair > before.fair ? "buy" : "sell", now, noise.quantity);
};

const takeOn = (side: Side, { symbol, anchor, fair }: Opinion, quantity: number): Wish => {
  const reach = anchor * TAKING_RANGE * (side === "buy" ? 1 : -1);
  return { symbol, side, price: Math.round(fair + reach), quantity };
};

/** An order that takes what is offered near the fair value. */
export const take = (opinion: Opinion, random: () => number): Wish =>
  takeOn(random() < 0.5 ? "buy" : "sell", opinion, 1 + Math.floor(random() * 20));
