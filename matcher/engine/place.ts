import { enter } from "./enter.ts";
import type { Place, RejectReason, SelfTradePrevention } from "./protocol.ts";
import {
  crosses,
  ladderOf,
  MODE_SHIFT,
  MODES,
  POST_ONLY,
  PRICE,
  SELL,
  type State,
} from "./state.ts";
import { ACCEPTED, PLACE_REJECTED, REJECTED } from "./tape.ts";
import { flawOf } from "./terms.ts";

/** The reasons of a refusal, numbered for the tape. */
export const REJECT_REASONS = [
  "invalid_quantity",
  "invalid_price",
  "invalid_stop_price",
  "invalid_combination",
  "halted",
  "would_take",
] as const satisfies readonly RejectReason[];

/** Takes a new order on, or refuses it and leaves the book as it was. */
export const place = (state: State, command: Place): void => {
  if (command.order <= state.lastOrder) {
    state.tape.write(PLACE_REJECTED, 0, 0, 0, 0, 0);
    return;
  }
  state.lastOrder = command.order;
  const flags = flagsOf(command.side, command.postOnly, command.selfTradePrevention);
  const reason = flawOf(command) ?? obstacleTo(state, flags, command.price);
  if (reason !== undefined) {
    state.tape.write(REJECTED, REJECT_REASONS.indexOf(reason), 0, 0, 0, 0);
    return;
  }
  state.tape.write(ACCEPTED, 0, 0, 0, 0, 0);
  const { incoming } = state;
  incoming.order = command.order;
  incoming.owner = command.owner;
  incoming.flags = flags;
  incoming.quantity = command.quantity;
  incoming.open = command.quantity;
  incoming.price = command.price;
  incoming.stopPrice = command.stopPrice ?? 0;
  incoming.orderType = command.orderType;
  incoming.timeInForce = command.timeInForce;
  enter(state);
};

export const flagsOf = (side: string, postOnly: boolean, mode: SelfTradePrevention): number =>
  (side === "sell" ? SELL : 0) | (postOnly ? POST_ONLY : 0) | (MODES.indexOf(mode) << MODE_SHIFT);

/** What stands in the way of an order that is sound in itself. */
export const obstacleTo = (
  state: State,
  flags: number,
  price: number,
): "halted" | "would_take" | undefined => {
  if (state.halted) return "halted";
  if ((flags & POST_ONLY) === 0) return undefined;
  const { best } = ladderOf(state, (flags & SELL) ^ SELL);
  const takes = best !== 0 && crosses(flags, price, state.levels.get(best, PRICE));
  return takes ? "would_take" : undefined;
};
