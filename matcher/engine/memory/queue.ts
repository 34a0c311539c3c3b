import { ORDER } from "../records.ts";
import { FLAG, type State } from "../state.ts";

const { NEXT, OPEN, PLACE, PREVIOUS } = ORDER;
const { FLAGS, LEVEL_SHIFT } = FLAG;

/** Appends an order to the queue of a price; its number and OPEN are already written. */
export const join = (state: State, slot: number, flags: number, price: number): void => {
  const { orders, levels } = state;
  const level = state.ladder(flags).open(state.key(flags, price));
  const page = orders.page(slot);
  const at = orders.at(slot);
  const head = levels.head(level);
  if (head === 0) {
    levels.setHead(level, slot);
    page[at + PREVIOUS] = slot;
  } else {
    const headPage = orders.page(head);
    const tail = headPage[orders.at(head) + PREVIOUS] ?? 0;
    headPage[orders.at(head) + PREVIOUS] = slot;
    orders.page(tail)[orders.at(tail) + NEXT] = slot;
    page[at + PREVIOUS] = tail;
  }
  page[at + NEXT] = 0;
  page[at + PLACE] = (level << LEVEL_SHIFT) | (flags & FLAGS);
  levels.add(level, page[at + OPEN] ?? 0);
};

/** Removes an order from its queue; an empty level is removed too. */
export const leave = (state: State, slot: number): void => {
  const { orders, levels } = state;
  const page = orders.page(slot);
  const at = orders.at(slot);
  const place = page[at + PLACE] ?? 0;
  const next = page[at + NEXT] ?? 0;
  const previous = page[at + PREVIOUS] ?? 0;
  const level = place >>> LEVEL_SHIFT;
  levels.subtract(level, page[at + OPEN] ?? 0);
  const head = levels.head(level);
  if (head !== slot) {
    orders.page(previous)[orders.at(previous) + NEXT] = next;
    const after = next === 0 ? head : next;
    orders.page(after)[orders.at(after) + PREVIOUS] = previous;
    return;
  }
  levels.setHead(level, next);
  if (next === 0) state.ladder(place).close(level);
  else orders.page(next)[orders.at(next) + PREVIOUS] = previous === slot ? next : previous;
};

/**
 * Ends the order that the index found last: removes it from queue and index and frees its record.
 */
export const removeOrder = (state: State, slot: number): void => {
  leave(state, slot);
  state.index.removeFound();
  state.orders.give(slot);
  state.openOrders -= 1;
};
