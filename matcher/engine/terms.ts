import { BrokenInvariant } from "./assert.ts";
import type { Command, Place, Replace } from "./protocol.ts";
import { FLAG } from "./state.ts";

const { MODE_SHIFT, POST_ONLY, SELL } = FLAG;

/** Order types as numbers: one bit for types that wait, one for types that never rest. */
export const TYPES = ["limit", "market", "stop_limit", "stop"] as const;

/** Times in force as numbers; those from IOC on never rest. */
export const TIMES = ["DAY", "GTC", "GTD", "IOC", "FOK"] as const;

/** The order types and times in force that the code compares with. */
export const TERM = { LIMIT: 0, TO_MARKET: 1, WAITS: 2, GTC: 1, IOC: 3, FOK: 4 } as const;

const { LIMIT, GTC, IOC } = TERM;

/** Self-trade prevention modes as numbers. */
export const MODES = ["expire_taker", "expire_maker", "expire_both", "decrement"] as const;

/**
 * Throws for values that no caller that passes the type check can send: such a command is a
 * programming error, and the book must not guess. Nothing has changed when this throws.
 */
export const assertShape = (command: Command): void => {
  const { type } = command;
  if (type === "halt" || type === "resume") return;
  const { order } = command;
  if (!Number.isSafeInteger(order) || order < 1) fail("not an order number", order);
  if (type === "expire") return;
  const { owner } = command;
  if ((owner | 0) !== owner || owner < 0) fail("not an owner", owner);
  if (type === "cancel") return;
  assertTerms(command);
};

const assertTerms = (command: Place | Replace): void => {
  const { quantity, price, stopPrice } = command;
  if (typeof quantity !== "number") fail("not a quantity", quantity);
  if (typeof price !== "number") fail("not a price", price);
  if (stopPrice !== undefined && typeof stopPrice !== "number") fail("not a stop price", stopPrice);
  if (command.type === "place" && typeof command.postOnly !== "boolean") {
    fail("not a post-only flag", command.postOnly);
  }
};

const fail = (what: string, value: unknown): never => {
  throw new BrokenInvariant(`${what}: ${String(value)}`);
};

/** Returns whether the engine can work with a price or quantity: whole, from 1 to `LARGEST`. */
export const isCountable = (value: number): boolean => (value | 0) === value && value > 0;

/** The flags of a new order: its side, whether it is post-only, its self-trade prevention mode. */
export const flagsOf = (
  side: Place["side"],
  postOnly: boolean,
  mode: Place["selfTradePrevention"],
): number => sideOf(side) | (postOnly ? POST_ONLY : 0) | (modeOf(mode) << MODE_SHIFT);

const sideOf = (side: Place["side"]): number => {
  if (side === "buy") return 0;
  return side === "sell" ? SELL : fail("not a side", side);
};

const modeOf = (mode: Place["selfTradePrevention"]): number => {
  if (mode === "expire_taker") return 0;
  const code = MODES.indexOf(mode);
  return code < 0 ? fail("not a self-trade prevention", mode) : code;
};

export const typeOf = (orderType: Place["orderType"]): number => {
  if (orderType === "limit") return LIMIT;
  const code = TYPES.indexOf(orderType);
  return code < 0 ? fail("not an order type", orderType) : code;
};

export const timeOf = (timeInForce: Place["timeInForce"]): number => {
  if (timeInForce === "DAY") return 0;
  if (timeInForce === "GTC") return GTC;
  if (timeInForce === "IOC") return IOC;
  const code = TIMES.indexOf(timeInForce);
  return code < 0 ? fail("not a time in force", timeInForce) : code;
};
