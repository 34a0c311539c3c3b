import { ORDER } from "./records.ts";
import { FLAG, type State } from "./state.ts";

const { OPEN, OWNER, PLACE, QUANTITY } = ORDER;
const { DORMANT, FLAGS, LEVEL_SHIFT } = FLAG;

/** In the second record: the limit or collar, and the other terms packed into one word. */
const LIMIT = 2;
const TERMS = 3;
const TYPE_BITS = 2;

/**
 * An untriggered stop has a second record for fields that a resting order does not need: when it
 * was armed, its limit, its type and its time in force. Nothing of it is filled, so QUANTITY can
 * refer to that record.
 */
export const writeExtension = (state: State, slot: number): void => {
  const { incoming, orders } = state;
  const extension = orders.take();
  state.armings += 1;
  orders.setNumber(extension, state.armings);
  orders.set(slot, QUANTITY, extension);
  orders.set(extension, LIMIT, incoming.price);
  orders.set(extension, TERMS, (incoming.time << TYPE_BITS) | incoming.type);
};

export const dropExtension = (state: State, slot: number): void => {
  state.orders.give(extensionOf(state, slot));
};

const extensionOf = (state: State, slot: number): number => state.orders.get(slot, QUANTITY);

/** The limit or collar of an untriggered stop. */
export const limitOf = (state: State, slot: number): number =>
  state.orders.get(extensionOf(state, slot), LIMIT);

/** Sorts stops in the order in which they were armed. */
export const armedBefore = (state: State, a: number, b: number): number =>
  state.orders.number(extensionOf(state, a)) - state.orders.number(extensionOf(state, b));

/** Makes an untriggered stop the incoming order. Only reads. */
export const loadStop = (state: State, slot: number): void => {
  const { incoming, orders } = state;
  const place = orders.get(slot, PLACE);
  const terms = orders.get(extensionOf(state, slot), TERMS);
  incoming.order = orders.number(slot);
  incoming.owner = orders.get(slot, OWNER);
  incoming.flags = place & FLAGS & ~DORMANT;
  incoming.quantity = orders.get(slot, OPEN);
  incoming.open = incoming.quantity;
  incoming.price = limitOf(state, slot);
  incoming.stopPrice = state.price(place, place >>> LEVEL_SHIFT);
  incoming.type = terms & 3;
  incoming.time = terms >> TYPE_BITS;
};
