import { dropLevel } from "./queue.ts";
import { NEXT, numberAt, OPEN, OWNER, offset, PREVIOUS, setNumberAt } from "./records.ts";
import {
  crosses,
  EXPIRE_BOTH,
  EXPIRE_MAKER,
  EXPIRE_TAKER,
  HEAD,
  keyOf,
  ladderOf,
  MODE_SHIFT,
  PRICE,
  SELL,
  type State,
  TAIL,
} from "./state.ts";
import { PREVENTED, TRADED } from "./tape.ts";

/** Lets the incoming order trade, best price first and first come first, as far as its price goes. */
export const take = (state: State): void => {
  const { incoming, levels } = state;
  const otherSide = (incoming.flags & SELL) ^ SELL;
  const ladder = ladderOf(state, otherSide);
  while (incoming.open > 0) {
    const level = ladder.best;
    if (level === 0) return;
    const price = levels.get(level, PRICE);
    if (!crosses(incoming.flags, incoming.price, price)) return;
    sweep(state, level, price);
    if (levels.get(level, HEAD) === 0) dropLevel(state, otherSide, level);
  }
};

/** Meets the queue of one level until it or the incoming order is used up. */
const sweep = (state: State, level: number, price: number): void => {
  const { incoming, orders, levels } = state;
  const { owner } = incoming;
  const levelPage = levels.page(level);
  const levelAt = offset(level);
  let slot = levelPage[levelAt + HEAD] ?? 0;
  let total = numberAt(levelPage, levelAt);
  while (slot !== 0 && incoming.open > 0) {
    const page = orders.page(slot);
    const at = offset(slot);
    const makerOpen = page[at + OPEN] ?? 0;
    const next = page[at + NEXT] ?? 0;
    const left =
      page[at + OWNER] === owner
        ? prevent(state, slot, makerOpen, price)
        : trade(state, slot, makerOpen, price);
    total -= makerOpen - left;
    if (left > 0) {
      page[at + OPEN] = left;
      break;
    }
    state.index.remove(orders.number(slot));
    orders.give(slot);
    state.openOrders -= 1;
    slot = next;
  }
  levelPage[levelAt + HEAD] = slot;
  if (slot === 0) levelPage[levelAt + TAIL] = 0;
  else orders.set(slot, PREVIOUS, 0);
  setNumberAt(levelPage, levelAt, total);
};

/** One trade at the resting price. Answers what stays open of the resting order. */
const trade = (state: State, slot: number, makerOpen: number, price: number): number => {
  const { incoming } = state;
  const quantity = Math.min(makerOpen, incoming.open);
  const left = makerOpen - quantity;
  incoming.open -= quantity;
  state.lastPrice = price;
  if (state.lowest === 0 || price < state.lowest) state.lowest = price;
  if (price > state.highest) state.highest = price;
  const event = TRADED | ((incoming.flags & SELL) << 4);
  const maker = state.orders.number(slot);
  state.tape.meet(event, maker, incoming.order, price, quantity, quantity, left, incoming.open);
  return left;
};

/** Two orders of one owner meet. Answers what stays open of the resting one. */
const prevent = (state: State, slot: number, makerOpen: number, price: number): number => {
  const { incoming } = state;
  const mode = incoming.flags >>> MODE_SHIFT;
  const byMaker = preventedOf(mode, EXPIRE_TAKER, makerOpen, incoming.open);
  const byTaker = preventedOf(mode, EXPIRE_MAKER, incoming.open, makerOpen);
  const left = makerOpen - byMaker;
  incoming.open -= byTaker;
  const maker = state.orders.number(slot);
  const event = PREVENTED | (mode << 4);
  state.tape.meet(event, maker, incoming.order, price, byMaker, byTaker, left, incoming.open);
  return left;
};

/** How much an order loses: nothing in the mode that spares it, all, or as much as the other has. */
const preventedOf = (mode: number, sparing: number, own: number, other: number): number => {
  if (mode === sparing) return 0;
  return mode <= EXPIRE_BOTH || own < other ? own : other;
};

/**
 * Whether a fill-or-kill order would trade all of itself, and with others only: its owner's orders
 * never count, and where they would stop it, nothing behind them counts either.
 */
export const canFill = (state: State): boolean => {
  const { incoming, levels } = state;
  if (!hasQuantity(state)) return false;
  const otherSide = (incoming.flags & SELL) ^ SELL;
  const ladder = ladderOf(state, otherSide);
  let missing = incoming.open;
  for (let level = ladder.best; level !== 0; ) {
    const price = levels.get(level, PRICE);
    if (!crosses(incoming.flags, incoming.price, price)) return false;
    missing = walk(state, levels.get(level, HEAD), missing);
    if (missing <= 0) return missing === 0;
    level = ladder.below(keyOf(otherSide, price));
  }
  return false;
};

const BLOCKED = -1;

/** What is still missing after a queue: 0 when it suffices, BLOCKED when an own order is in the way. */
const walk = (state: State, head: number, wanted: number): number => {
  const { incoming, orders } = state;
  const skipsOwn = incoming.flags >>> MODE_SHIFT === EXPIRE_MAKER;
  let missing = wanted;
  for (let slot = head; slot !== 0; slot = orders.get(slot, NEXT)) {
    if (orders.get(slot, OWNER) !== incoming.owner) missing -= orders.get(slot, OPEN);
    else if (!skipsOwn) return BLOCKED;
    if (missing <= 0) return 0;
  }
  return missing;
};

/** The cheap half of the question: whether the levels within the price hold enough at all. */
const hasQuantity = (state: State): boolean => {
  const { incoming, levels } = state;
  const otherSide = (incoming.flags & SELL) ^ SELL;
  const ladder = ladderOf(state, otherSide);
  let missing = incoming.open;
  for (let level = ladder.best; level !== 0; ) {
    const price = levels.get(level, PRICE);
    if (!crosses(incoming.flags, incoming.price, price)) return false;
    missing -= levels.number(level);
    if (missing <= 0) return true;
    level = ladder.below(keyOf(otherSide, price));
  }
  return false;
};
