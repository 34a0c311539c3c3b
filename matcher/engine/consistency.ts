import { assert } from "../../layers/domain/assert.ts";
import type { Book } from "./book.ts";
import { NEXT, OPEN, PLACE, PREVIOUS, QUANTITY } from "./records.ts";
import {
  DORMANT,
  FLAGS,
  HEAD,
  keyOf,
  LADDER,
  LEVEL_SHIFT,
  ladderOf,
  PRICE,
  type State,
  TAIL,
} from "./state.ts";

type Count = { orders: number; stops: number; levels: number };

/**
 * Walks the whole book and throws when its parts disagree: queues, level totals, index, records in
 * use, sorted ladders, crossed prices, stops that should have triggered.
 */
export const assertConsistent = ({ state }: Book): void => {
  const count: Count = { orders: 0, stops: 0, levels: 0 };
  for (let flags = 0; flags <= LADDER; flags += 1) checkLadder(state, flags, count);
  assert(count.orders === state.openOrders, "the count of open orders is wrong");
  assert(count.orders === state.index.count(), "the index holds another number of orders");
  assert(count.levels === state.levels.countTaken(), "a level record is lost");
  assert(count.orders + count.stops === state.orders.countTaken(), "an order record is lost");
  assert(state.waiting.length === 0, "a woken stop has not had its turn");
  checkPrices(state);
};

const checkPrices = (state: State): void => {
  const { levels, lastPrice } = state;
  const bid = levels.get(state.bids.best, PRICE);
  const ask = levels.get(state.asks.best, PRICE);
  assert(bid === 0 || ask === 0 || bid < ask, "the book is crossed");
  const buyStop = levels.get(state.buyStops.best, PRICE);
  const sellStop = levels.get(state.sellStops.best, PRICE);
  assert(lastPrice === 0 || buyStop === 0 || lastPrice < buyStop, "a buy stop slept on");
  assert(lastPrice === 0 || sellStop === 0 || lastPrice > sellStop, "a sell stop slept on");
};

const checkLadder = (state: State, flags: number, count: Count): void => {
  const ladder = ladderOf(state, flags);
  let level = ladder.best;
  let lastKey = Number.POSITIVE_INFINITY;
  while (level !== 0) {
    const key = keyOf(flags, state.levels.get(level, PRICE));
    assert(key < lastKey, "a ladder is out of order");
    assert(ladder.find(key) === level, "a level is not found by its price");
    lastKey = key;
    count.levels += 1;
    checkQueue(state, flags, level, count);
    level = ladder.below(key);
  }
};

const checkQueue = (state: State, flags: number, level: number, count: Count): void => {
  const { orders, levels } = state;
  let total = 0;
  let previous = 0;
  for (let slot = levels.get(level, HEAD); slot !== 0; slot = orders.get(slot, NEXT)) {
    const open = orders.get(slot, OPEN);
    const place = orders.get(slot, PLACE);
    assert(open > 0, "an order with nothing open is in a queue");
    assert(place >>> LEVEL_SHIFT === level, "an order points to another level");
    assert((place & FLAGS & LADDER) === flags, "an order is on the wrong ladder");
    assert(orders.get(slot, PREVIOUS) === previous, "a queue is not linked backwards");
    assert(state.index.find(orders.number(slot)) === slot, "an order is not found by its number");
    const isDormant = (flags & DORMANT) !== 0;
    assert(isDormant || open <= orders.get(slot, QUANTITY), "more is open than was ordered");
    total += open;
    previous = slot;
    count.orders += 1;
    if (isDormant) count.stops += 1;
  }
  assert(previous !== 0, "a level is empty");
  assert(levels.get(level, TAIL) === previous, "a queue has another end");
  assert(levels.number(level) === total, "the total of a level is wrong");
};
