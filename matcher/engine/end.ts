import { forget } from "./memory/queue.ts";
import type { Cancel, Expire } from "./protocol.ts";
import { ORDER } from "./records.ts";
import { FLAG, type State } from "./state.ts";
import { dropExtension } from "./stops.ts";
import { KIND } from "./tape.ts";

const { OPEN, OWNER, PLACE } = ORDER;
const { DORMANT } = FLAG;
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

const end = (state: State, slot: number, kind: number, order: number): void => {
  state.tape.write(kind, order, state.orders.get(slot, OPEN), 0, 0, 0);
  if ((state.orders.get(slot, PLACE) & DORMANT) !== 0) dropExtension(state, slot);
  forget(state, slot);
};
