import { enter } from "./enter.ts";
import type { Place, RejectReason } from "./protocol.ts";
import { FLAG, type State } from "./state.ts";
import { KIND } from "./tape.ts";
import { flagsOf, isCountable, TERM, timeOf, typeOf } from "./terms.ts";

const { POST_ONLY, SELL } = FLAG;
const { ACCEPTED, PLACE_REJECTED, REJECTED } = KIND;
const { IOC, LIMIT, WAITS } = TERM;

/** The reasons of a refusal, as numbers for the tape. */
export const REJECT_REASONS = [
  "invalid_quantity",
  "invalid_price",
  "invalid_stop_price",
  "invalid_combination",
  "halted",
  "would_take",
] as const satisfies readonly RejectReason[];

/** Accepts a new order, or refuses it and leaves the book unchanged. */
export const place = (state: State, command: Place): void => {
  const { order, quantity, price } = command;
  const flags = flagsOf(command.side, command.postOnly, command.selfTradePrevention);
  const type = typeOf(command.orderType);
  const time = timeOf(command.timeInForce);
  if (order <= state.lastOrder) {
    state.tape.note(PLACE_REJECTED, 0);
    return;
  }
  state.lastOrder = order;
  const reason = flawOf(command, flags, type, time) ?? obstacleTo(state, flags, price);
  if (reason !== undefined) {
    state.tape.note(REJECTED, REJECT_REASONS.indexOf(reason));
    return;
  }
  state.tape.note(ACCEPTED, 0);
  const { incoming } = state;
  incoming.order = order;
  incoming.owner = command.owner;
  incoming.flags = flags;
  incoming.quantity = quantity;
  incoming.open = quantity;
  incoming.price = price;
  incoming.type = type;
  incoming.time = time;
  incoming.stopPrice = command.stopPrice ?? 0;
  enter(state);
};

/** The fault in the terms of a new order, independent of the book. */
const flawOf = (
  { quantity, price, stopPrice }: Place,
  flags: number,
  type: number,
  time: number,
): RejectReason | undefined => {
  if (!isCountable(quantity)) return "invalid_quantity";
  if (!isCountable(price)) return "invalid_price";
  const waits = (type & WAITS) !== 0;
  if (stopPrice === undefined ? waits : !waits || !isCountable(stopPrice)) {
    return "invalid_stop_price";
  }
  if ((flags & POST_ONLY) === 0) return undefined;
  return type === LIMIT && time < IOC ? undefined : "invalid_combination";
};

/** Why the book cannot accept an order that is valid in itself. */
export const obstacleTo = (
  state: State,
  flags: number,
  price: number,
): "halted" | "would_take" | undefined => {
  if (state.halted) return "halted";
  if ((flags & POST_ONLY) === 0) return undefined;
  const otherSide = (flags & SELL) ^ SELL;
  const takes = state.ladder(otherSide).bestKey >= state.key(otherSide, price);
  return takes ? "would_take" : undefined;
};
