import { enter } from "./enter.ts";
import { removeOrder } from "./memory/queue.ts";
import { obstacleTo } from "./place.ts";
import type { Replace, ReplaceRejectReason } from "./protocol.ts";
import { ORDER } from "./records.ts";
import { FLAG, type State } from "./state.ts";
import { dropExtension, limitOf, loadStop } from "./stops.ts";
import { KIND } from "./tape.ts";
import { isCountable, TERM } from "./terms.ts";

const { OPEN, OWNER, PLACE, QUANTITY } = ORDER;
const { DORMANT, FLAGS, LEVEL_SHIFT, SELL } = FLAG;
const { CANCELLED, REPLACE_REJECTED, REPLACED } = KIND;
const { GTC, LIMIT } = TERM;

/** The reasons of a refused replace, as numbers for the tape. */
export const REPLACE_REASONS = [
  "unknown_order",
  "invalid_quantity",
  "invalid_price",
  "invalid_stop_price",
  "halted",
  "would_take",
] as const satisfies readonly ReplaceRejectReason[];

/** The reasons of a cancellation, as numbers for the tape. */
export const CANCEL_REASONS = ["requested", "replaced"] as const;
const BY_REPLACE = 1;

/** Gives an open order new terms, or refuses and changes nothing. */
export const replace = (state: State, command: Replace): void => {
  const { orders } = state;
  const slot = state.index.find(command.order);
  const reason = refusalOf(state, slot, command);
  if (reason !== undefined) {
    state.tape.note(REPLACE_REJECTED, REPLACE_REASONS.indexOf(reason));
  } else if ((orders.get(slot, PLACE) & DORMANT) !== 0) {
    replaceStop(state, slot, command);
  } else {
    replaceResting(state, slot, command);
  }
};

const refusalOf = (
  state: State,
  slot: number,
  { owner, quantity, price, stopPrice }: Replace,
): ReplaceRejectReason | undefined => {
  if (slot === 0 || state.orders.get(slot, OWNER) !== owner) return "unknown_order";
  if (!isCountable(quantity)) return "invalid_quantity";
  if (!isCountable(price)) return "invalid_price";
  const flags = state.orders.get(slot, PLACE) & FLAGS;
  const isDormant = (flags & DORMANT) !== 0;
  if (isDormant && stopPrice !== undefined && !isCountable(stopPrice)) return "invalid_stop_price";
  return obstacleTo(state, flags, price);
};

const replaceResting = (state: State, slot: number, command: Replace): void => {
  const { orders, levels, incoming, tape } = state;
  const page = orders.page(slot);
  const at = orders.at(slot);
  const oldOpen = page[at + OPEN] ?? 0;
  const oldQuantity = page[at + QUANTITY] ?? 0;
  const place = page[at + PLACE] ?? 0;
  const level = place >>> LEVEL_SHIFT;
  const { quantity, price } = command;
  const open = quantity - (oldQuantity - oldOpen);
  if (open <= 0) {
    const oldPrice = state.price(place, level);
    const event = CANCELLED | ((place & SELL) << 4);
    tape.write(event, command.order, oldOpen, BY_REPLACE, oldPrice, 0);
    removeOrder(state, slot);
    return;
  }
  const keepsPlace = quantity <= oldQuantity && price === state.price(place, level);
  tape.write(REPLACED, quantity, price, 0, open, keepsPlace ? 1 : 0);
  if (keepsPlace) {
    page[at + OPEN] = open;
    page[at + QUANTITY] = quantity;
    levels.subtract(level, oldOpen - open);
    return;
  }
  removeOrder(state, slot);
  incoming.order = command.order;
  incoming.owner = command.owner;
  incoming.flags = place & FLAGS;
  incoming.quantity = quantity;
  incoming.open = open;
  incoming.price = price;
  incoming.stopPrice = 0;
  incoming.type = LIMIT;
  incoming.time = GTC;
  enter(state);
};

const replaceStop = (state: State, slot: number, command: Replace): void => {
  const { orders, levels, incoming, tape } = state;
  const place = orders.get(slot, PLACE);
  const level = place >>> LEVEL_SHIFT;
  const oldStopPrice = state.price(place, level);
  const oldQuantity = orders.get(slot, OPEN);
  const { quantity, price, stopPrice = oldStopPrice } = command;
  const keepsPlace =
    quantity <= oldQuantity && price === limitOf(state, slot) && stopPrice === oldStopPrice;
  tape.write(REPLACED, quantity, price, stopPrice, quantity, keepsPlace ? 1 : 0);
  if (keepsPlace) {
    orders.set(slot, OPEN, quantity);
    levels.subtract(level, oldQuantity - quantity);
    return;
  }
  loadStop(state, slot);
  dropExtension(state, slot);
  removeOrder(state, slot);
  incoming.quantity = quantity;
  incoming.open = quantity;
  incoming.price = price;
  incoming.stopPrice = stopPrice;
  enter(state);
};
