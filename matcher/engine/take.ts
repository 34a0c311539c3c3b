import { ORDER } from "./records.ts";
import { FLAG, MODE, type State } from "./state.ts";
import { KIND } from "./tape.ts";

const { NEXT, OPEN, OWNER, PREVIOUS } = ORDER;
const { MODE_SHIFT, SELL } = FLAG;
const { EXPIRE_BOTH, EXPIRE_MAKER, EXPIRE_TAKER } = MODE;
const { PREVENTED, TRADED } = KIND;

/** Lets the incoming order trade, best price first and earliest order first, up to its price. */
export const take = (state: State): void => {
  const { incoming } = state;
  const otherSide = (incoming.flags & SELL) ^ SELL;
  const ladder = state.ladder(otherSide);
  const limit = state.key(otherSide, incoming.price);
  while (ladder.bestKey >= limit) {
    const level = ladder.best;
    if (sweep(state, level, state.key(otherSide, ladder.bestKey))) ladder.close(level);
    if (incoming.open === 0) return;
  }
};

/**
 * Trades with the queue of a level until the queue or the incoming order is used up. Returns
 * whether the queue is empty.
 */
const sweep = (state: State, level: number, price: number): boolean => {
  const { incoming, orders, levels } = state;
  const { owner } = incoming;
  const head = levels.head(level);
  const tail = orders.page(head)[orders.at(head) + PREVIOUS] ?? 0;
  let slot = head;
  while (slot !== 0 && incoming.open > 0) {
    const page = orders.page(slot);
    const at = orders.at(slot);
    const makerOpen = page[at + OPEN] ?? 0;
    const next = page[at + NEXT] ?? 0;
    const maker = orders.numberAt(page, at);
    const left =
      page[at + OWNER] === owner
        ? prevent(state, maker, makerOpen, price)
        : trade(state, maker, makerOpen, price);
    levels.subtract(level, makerOpen - left);
    if (left > 0) {
      page[at + OPEN] = left;
      break;
    }
    state.index.remove(maker);
    orders.give(slot);
    state.openOrders -= 1;
    slot = next;
  }
  levels.setHead(level, slot);
  if (slot !== 0) orders.page(slot)[orders.at(slot) + PREVIOUS] = tail;
  return slot === 0;
};

/** A trade at the resting price. Returns the open quantity of the resting order. */
const trade = (state: State, maker: number, makerOpen: number, price: number): number => {
  const { incoming } = state;
  const quantity = Math.min(makerOpen, incoming.open);
  const left = makerOpen - quantity;
  incoming.open -= quantity;
  state.lastPrice = price;
  if (state.lowest === 0 || price < state.lowest) state.lowest = price;
  if (price > state.highest) state.highest = price;
  const event = TRADED | ((incoming.flags & SELL) << 4);
  state.tape.meet(event, maker, incoming.order, price, quantity, quantity, left, incoming.open);
  return left;
};

/** Two orders of one owner meet. Returns the open quantity of the resting order. */
const prevent = (state: State, maker: number, makerOpen: number, price: number): number => {
  const { incoming } = state;
  const mode = incoming.flags >>> MODE_SHIFT;
  const byMaker = preventedOf(mode, EXPIRE_TAKER, makerOpen, incoming.open);
  const byTaker = preventedOf(mode, EXPIRE_MAKER, incoming.open, makerOpen);
  const left = makerOpen - byMaker;
  incoming.open -= byTaker;
  const event = PREVENTED | (mode << 4);
  state.tape.meet(event, maker, incoming.order, price, byMaker, byTaker, left, incoming.open);
  return left;
};

/**
 * The quantity that an order loses: none in the mode that spares it, else all, or as much as the
 * other order has.
 */
const preventedOf = (mode: number, sparing: number, own: number, opposite: number): number => {
  if (mode === sparing) return 0;
  return mode <= EXPIRE_BOTH || own < opposite ? own : opposite;
};

/**
 * Whether a fill-or-kill order could trade its whole quantity with other owners. Orders of its own
 * owner never count, and where they would stop it, nothing behind them counts either.
 */
export const canFill = (state: State): boolean => {
  const { incoming, levels } = state;
  if (!hasQuantity(state)) return false;
  const otherSide = (incoming.flags & SELL) ^ SELL;
  const ladder = state.ladder(otherSide);
  const limit = state.key(otherSide, incoming.price);
  let missing = incoming.open;
  for (let level = ladder.best; level !== 0; level = ladder.below(level)) {
    if (levels.key(level) < limit) return false;
    missing = walk(state, levels.head(level), missing);
    if (missing <= 0) return missing === 0;
  }
  return false;
};

const BLOCKED = -1;

/**
 * The quantity still missing after a queue: 0 when it suffices, BLOCKED when an own order is in the
 * way.
 */
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

/** A fast first check: whether the levels within the price hold enough at all. */
const hasQuantity = (state: State): boolean => {
  const { incoming, levels } = state;
  const otherSide = (incoming.flags & SELL) ^ SELL;
  const ladder = state.ladder(otherSide);
  const limit = state.key(otherSide, incoming.price);
  let missing = incoming.open;
  for (let level = ladder.best; level !== 0; level = ladder.below(level)) {
    if (levels.key(level) < limit) return false;
    missing -= levels.total(level);
    if (missing <= 0) return true;
  }
  return false;
};
