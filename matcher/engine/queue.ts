import { NEXT, numberAt, OPEN, offset, PLACE, PREVIOUS, setNumberAt } from "./records.ts";
import { FLAGS, HEAD, keyOf, LEVEL_SHIFT, ladderOf, PRICE, type State, TAIL } from "./state.ts";

/** Puts an order at the back of the queue at a price; its number and OPEN are already written. */
export const join = (state: State, slot: number, flags: number, price: number): void => {
  const { orders, levels } = state;
  const level = levelFor(state, flags, price);
  const levelPage = levels.page(level);
  const levelOffset = offset(level);
  const tail = levelPage[levelOffset + TAIL] ?? 0;
  levelPage[levelOffset + TAIL] = slot;
  if (tail === 0) levelPage[levelOffset + HEAD] = slot;
  else orders.set(tail, NEXT, slot);
  const page = orders.page(slot);
  const at = offset(slot);
  page[at + NEXT] = 0;
  page[at + PREVIOUS] = tail;
  page[at + PLACE] = (level << LEVEL_SHIFT) | (flags & FLAGS);
  setNumberAt(levelPage, levelOffset, numberAt(levelPage, levelOffset) + (page[at + OPEN] ?? 0));
};

/** Takes an order out of its queue; an emptied level goes with it. */
export const leave = (state: State, slot: number): void => {
  const { orders, levels } = state;
  const page = orders.page(slot);
  const at = offset(slot);
  const place = page[at + PLACE] ?? 0;
  const next = page[at + NEXT] ?? 0;
  const previous = page[at + PREVIOUS] ?? 0;
  const level = place >>> LEVEL_SHIFT;
  if ((next | previous) === 0) {
    dropLevel(state, place & FLAGS, level);
    return;
  }
  const levelPage = levels.page(level);
  const levelAt = offset(level);
  if (next !== 0) orders.set(next, PREVIOUS, previous);
  else levelPage[levelAt + TAIL] = previous;
  if (previous !== 0) orders.set(previous, NEXT, next);
  else levelPage[levelAt + HEAD] = next;
  setNumberAt(levelPage, levelAt, numberAt(levelPage, levelAt) - (page[at + OPEN] ?? 0));
};

/** Forgets a level whose queue is empty. */
export const dropLevel = (state: State, flags: number, level: number): void => {
  ladderOf(state, flags).remove(keyOf(flags, state.levels.get(level, PRICE)));
  state.levels.give(level);
};

/** Ends the order that the index was last asked for: out of queue and index, its record free. */
export const forget = (state: State, slot: number): void => {
  leave(state, slot);
  state.index.removeFound();
  state.orders.give(slot);
  state.openOrders -= 1;
};

/** The level at a price, made when there is none. */
const levelFor = (state: State, flags: number, price: number): number => {
  const ladder = ladderOf(state, flags);
  const key = keyOf(flags, price);
  const found = ladder.find(key);
  if (found !== 0) return found;
  const { levels } = state;
  const level = levels.take();
  const page = levels.page(level);
  const at = offset(level);
  setNumberAt(page, at, 0);
  page[at + PRICE] = price;
  page[at + HEAD] = 0;
  page[at + TAIL] = 0;
  ladder.addMissing(key, level);
  return level;
};
