import { join, leave } from "./memory/queue.ts";
import { ORDER } from "./records.ts";
import { FLAG, type State } from "./state.ts";
import { armedBefore, dropExtension, loadStop, writeExtension } from "./stops.ts";
import { canFill, take } from "./take.ts";
import { KIND } from "./tape.ts";
import { TERM } from "./terms.ts";

const { OPEN, OWNER, QUANTITY } = ORDER;
const { DORMANT, SELL } = FLAG;
const { ARMED, EXPIRED, RESTED, STOP_TRIGGERED } = KIND;
const { FOK, IOC, TO_MARKET } = TERM;

/** The reasons of an expiry, as numbers for the tape. */
export const EXPIRE_REASONS = [
  "time",
  "immediate_or_cancel",
  "fill_or_kill",
  "no_liquidity",
  "collar_reached",
] as const;
const IMMEDIATE_OR_CANCEL = 1;
const FILL_OR_KILL = 2;
const NO_LIQUIDITY = 3;
const COLLAR_REACHED = 4;

/**
 * Lets the incoming order into the book, and then every stop that its trades trigger, and the stops
 * that their trades trigger. Stops enter one after the other, never nested, and each of them once,
 * so their number is the limit.
 */
export const enter = (state: State): void => {
  const { incoming, waiting } = state;
  if (incoming.stopPrice !== 0) {
    if (!isReached(state, incoming.flags, incoming.stopPrice)) {
      arm(state);
      return;
    }
    announce(state);
  }
  execute(state);
  for (let turn = 0; turn < waiting.length; turn += 1) {
    const slot = waiting[turn] ?? 0;
    loadStop(state, slot);
    dropExtension(state, slot);
    state.orders.give(slot);
    state.openOrders -= 1;
    announce(state);
    execute(state);
  }
  if (waiting.length > 0) waiting.length = 0;
};

const announce = (state: State): void => {
  const { order, flags, open } = state.incoming;
  state.tape.write(STOP_TRIGGERED | ((flags & SELL) << 4), order, open, 0, 0, 0);
};

/** Returns whether the last trade has reached a stop price. */
const isReached = ({ lastPrice }: State, flags: number, stopPrice: number): boolean => {
  if (lastPrice === 0) return false;
  return (flags & SELL) === 0 ? lastPrice >= stopPrice : lastPrice <= stopPrice;
};

/**
 * Lets the order trade, then rests or ends the remainder, and triggers the stops that were reached.
 */
const execute = (state: State): void => {
  const { incoming } = state;
  const { type, time } = incoming;
  if (time === FOK && !canFill(state)) {
    expire(state, FILL_OR_KILL);
    return;
  }
  state.lowest = 0;
  state.highest = 0;
  take(state);
  if (incoming.open > 0) {
    if ((type & TO_MARKET) !== 0) {
      const opposite = state.ladder((incoming.flags & SELL) ^ SELL);
      expire(state, opposite.best === 0 ? NO_LIQUIDITY : COLLAR_REACHED);
    } else if (time >= IOC) {
      expire(state, IMMEDIATE_OR_CANCEL);
    } else {
      rest(state);
    }
  }
  if (state.lowest !== 0) wake(state);
};

const expire = (state: State, reason: number): void => {
  const { order, open } = state.incoming;
  state.tape.write(EXPIRED, order, open, reason, 0, 0);
};

export const rest = (state: State): void => {
  const { order, flags, price, open } = state.incoming;
  join(state, newRecord(state), flags & ~DORMANT, price);
  state.tape.write(RESTED | ((flags & SELL) << 4), order, price, open, 0, 0);
};

export const arm = (state: State): void => {
  const { order, flags, stopPrice, open } = state.incoming;
  const slot = newRecord(state);
  writeExtension(state, slot);
  join(state, slot, flags | DORMANT, stopPrice);
  state.tape.write(ARMED | ((flags & SELL) << 4), order, stopPrice, open, 0, 0);
};

/** Creates a record of the incoming order, in the index but not in a queue yet. */
const newRecord = (state: State): number => {
  const { incoming, orders } = state;
  const slot = orders.take();
  const page = orders.page(slot);
  const at = orders.at(slot);
  orders.setNumberAt(page, at, incoming.order);
  page[at + OWNER] = incoming.owner;
  page[at + OPEN] = incoming.open;
  page[at + QUANTITY] = incoming.quantity;
  state.index.add(incoming.order, slot);
  state.openOrders += 1;
  return slot;
};

/**
 * Triggers every stop that a trade of the current order has reached, in the order in which they
 * were armed.
 */
const wake = (state: State): void => {
  const { waiting, lowest, highest } = state;
  const before = waiting.length;
  collect(state, DORMANT, highest);
  collect(state, DORMANT | SELL, lowest);
  if (waiting.length === before) return;
  const triggered = waiting.splice(before).sort((a, b) => armedBefore(state, a, b));
  for (const slot of triggered) waiting.push(slot);
};

const collect = (state: State, flags: number, traded: number): void => {
  const { levels, orders, waiting } = state;
  const ladder = state.ladder(flags);
  const reached = state.key(flags, traded);
  while (ladder.bestKey >= reached) {
    const slot = levels.head(ladder.best);
    leave(state, slot);
    state.index.remove(orders.number(slot));
    waiting.push(slot);
  }
};
