import { assert } from "../../layers/domain/assert.ts";
import { type Command, LARGEST, type Place, type RejectReason } from "./protocol.ts";
import { MODES } from "./state.ts";

const SIDES: readonly string[] = ["buy", "sell"];
const ORDER_TYPES: readonly string[] = ["limit", "market", "stop", "stop_limit"];
const TIMES: readonly string[] = ["DAY", "GTC", "GTD", "IOC", "FOK"];
const MODE_NAMES: readonly string[] = MODES;

/**
 * Throws on what no caller that passes the type check can send: such a command is a programming
 * error, and the book must not guess. Nothing has been changed when this throws.
 */
export const assertShape = (command: Command): void => {
  const { type } = command;
  if (type === "halt" || type === "resume") return;
  const { order } = command;
  assert(Number.isSafeInteger(order) && order > 0, `not an order number: ${String(order)}`);
  if (type === "expire") return;
  const { owner } = command;
  assert((owner | 0) === owner && owner >= 0, `not an owner: ${String(owner)}`);
  if (type === "cancel") return;
  const { quantity, price, stopPrice } = command;
  assert(typeof quantity === "number" && typeof price === "number", "terms are numbers");
  assert(stopPrice === undefined || typeof stopPrice === "number", "a stop price is a number");
  if (type === "replace") return;
  const { side, orderType, timeInForce, postOnly, selfTradePrevention: mode } = command;
  assert(side === "buy" || side === "sell" || SIDES.includes(side), "not a side");
  assert(orderType === "limit" || ORDER_TYPES.includes(orderType), "not an order type");
  assert(timeInForce === "DAY" || TIMES.includes(timeInForce), "not a time in force");
  assert(postOnly === false || postOnly === true, "post-only is true or false");
  assert(mode === "expire_taker" || MODE_NAMES.includes(mode), "not a self-trade prevention");
};

/** True for a price or a quantity the engine can work with: whole, from 1 to `LARGEST`. */
export const isCountable = (value: number): boolean =>
  (value | 0) === value && value > 0 && value <= LARGEST;

/** Whether this type of order waits for its stop price. */
export const isStop = (orderType: Place["orderType"]): boolean =>
  orderType === "stop" || orderType === "stop_limit";

/** What is wrong with the terms of a new order, whatever the book looks like. */
export const flawOf = (place: Place): RejectReason | undefined => {
  const { quantity, price, stopPrice, orderType, timeInForce } = place;
  if (!isCountable(quantity)) return "invalid_quantity";
  if (!isCountable(price)) return "invalid_price";
  const stopIsRight =
    stopPrice === undefined ? !isStop(orderType) : isStop(orderType) && isCountable(stopPrice);
  if (!stopIsRight) return "invalid_stop_price";
  if (!place.postOnly) return undefined;
  const rests = timeInForce !== "IOC" && timeInForce !== "FOK";
  return orderType === "limit" && rests ? undefined : "invalid_combination";
};
