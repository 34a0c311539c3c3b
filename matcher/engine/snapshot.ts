import { assert } from "./assert.ts";
import { type Book, createBook } from "./book.ts";
import { arm, rest } from "./enter.ts";
import { type DormantStop, LARGEST, type RestingOrder, type Snapshot } from "./protocol.ts";
import { readResting, readStop, slotsOf, stopSlotsOf } from "./read.ts";
import { type BookArena, FLAG, type State } from "./state.ts";
import { flagsOf, isCountable, TERM, timeOf, typeOf } from "./terms.ts";

const { SELL } = FLAG;
const { WAITS } = TERM;

/** The whole book as plain data: bids, then asks, best level first, each queue in its order. */
export const snapshot = ({ state }: Book): Snapshot => ({
  lastOrder: state.lastOrder,
  lastPrice: state.lastPrice === 0 ? null : state.lastPrice,
  halted: state.halted,
  resting: [...slotsOf(state, 0), ...slotsOf(state, SELL)].map((slot) => readResting(state, slot)),
  stops: stopSlotsOf(state).map((slot) => readStop(state, slot)),
});

/**
 * A book that continues exactly like the book of the snapshot. Throws for an impossible snapshot: a
 * crossed book, a repeated number, a stop that should have triggered.
 */
export const restore = (saved: Snapshot, arena?: BookArena): Book => {
  const book = createBook(arena);
  const { state } = book;
  const { lastOrder, lastPrice, halted } = saved;
  assert(Number.isSafeInteger(lastOrder) && lastOrder >= 0, "not an order number");
  assert(lastPrice === null || isCountable(lastPrice), "not a price");
  state.lastOrder = lastOrder;
  state.lastPrice = lastPrice ?? 0;
  state.halted = halted;
  for (const order of saved.resting) restoreResting(state, order);
  for (const stop of saved.stops) restoreStop(state, stop);
  const isCrossed = state.bids.bestKey >= -state.asks.bestKey;
  assert(!isCrossed, "the book to restore is crossed");
  state.tape.clear();
  return book;
};

const restoreResting = (state: State, resting: RestingOrder): void => {
  const { quantity, open, price } = resting;
  assertRestorable(state, resting);
  assert(isCountable(open) && open <= quantity, `open quantity of order ${resting.order}`);
  const { incoming } = state;
  incoming.flags = flagsOf(resting.side, resting.postOnly, resting.selfTradePrevention);
  incoming.order = resting.order;
  incoming.owner = resting.owner;
  incoming.quantity = quantity;
  incoming.open = open;
  incoming.price = price;
  rest(state);
  state.tape.clear();
};

const restoreStop = (state: State, stop: DormantStop): void => {
  const { side, stopPrice, quantity } = stop;
  assertRestorable(state, stop);
  assert(isCountable(stopPrice), `stop price of order ${stop.order}`);
  const { incoming, lastPrice } = state;
  const waits = side === "buy" ? lastPrice < stopPrice : lastPrice > stopPrice;
  assert(lastPrice === 0 || waits, `stop ${stop.order} should have triggered`);
  incoming.flags = flagsOf(side, false, stop.selfTradePrevention);
  incoming.order = stop.order;
  incoming.owner = stop.owner;
  incoming.quantity = quantity;
  incoming.open = quantity;
  incoming.price = stop.price;
  incoming.stopPrice = stopPrice;
  incoming.type = typeOf(stop.orderType);
  assert((incoming.type & WAITS) !== 0, `order ${stop.order} is no stop`);
  incoming.time = timeOf(stop.timeInForce);
  arm(state);
  state.tape.clear();
};

const assertRestorable = (state: State, saved: RestingOrder | DormantStop): void => {
  const { order, owner, quantity, price } = saved;
  assert(Number.isSafeInteger(order) && order > 0, `not an order number: ${order}`);
  assert(order <= state.lastOrder, `order ${order} is above the last order number`);
  assert(state.index.find(order) === 0, `order ${order} is there twice`);
  assert(isCountable(owner) || owner === 0, `owner of order ${order}`);
  assert(owner <= LARGEST && isCountable(quantity) && isCountable(price), `terms of ${order}`);
};
