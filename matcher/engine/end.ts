import { removeOrder } from "./memory/queue.ts";
import type { Cancel, Expire } from "./protocol.ts";
import { ORDER } from "./records.ts";
import { FLAG, type State } from "./state.ts";
import { dropExtension } from "./stops.ts";
import { KIND } from "./tape.ts";

const { OPEN, OWNER, PLACE } = ORDER;
const { DORMANT, LEVEL_SHIFT, SELL } = FLAG;
const { CANCEL_REJECTED, CANCELLED, EXPIRE_REJECTED, EXPIRED } = KIND;

/** Cancels an order for its owner. An order of another owner is treated as unknown. */
export const cancel = (state: State, { order, owner }: Cancel): void => {
  const slot = state.index.find(order);
  if (slot === 0 || state.orders.get(slot, OWNER) !== owner) {
    state.tape.note(CANCEL_REJECTED, 0);
  } else {
    end(state, slot, CANCELLED, order);
  }
};

/** Expires an order. */
export const expire = (state: State, { order }: Expire): void => {
  const slot = state.index.find(order);
  if (slot === 0) state.tape.note(EXPIRE_REJECTED, 0);
  else end(state, slot, EXPIRED, order);
};

/** The tape also says side and price, for callers who must report them and keep no orders themselves. */
const end = (state: State, slot: number, kind: number, order: number): void => {
  const { orders, tape } = state;
  const place = orders.get(slot, PLACE);
  const price = state.price(place, place >>> LEVEL_SHIFT);
  tape.write(kind | ((place & SELL) << 4), order, orders.get(slot, OPEN), 0, price, 0);
  if ((place & DORMANT) !== 0) dropExtension(state, slot);
  removeOrder(state, slot);
};
