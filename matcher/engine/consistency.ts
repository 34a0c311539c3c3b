import { assert } from "./assert.ts";
import type { Book } from "./book.ts";
import { BLOCK } from "./memory/levels.ts";
import { ORDER } from "./records.ts";
import { FLAG, type State } from "./state.ts";

const { NEXT, OPEN, PLACE, PREVIOUS, QUANTITY } = ORDER;
const { DORMANT, FLAGS, LADDER, LEVEL_SHIFT, SELL } = FLAG;

type Count = { orders: number; stops: number; blocks: number };

/**
 * Walks through whole books and throws when their parts disagree: queues, level totals, index, used
 * records, sorted ladders, crossed prices, stops that should have triggered. Pass all books of an
 * arena, or it seems as if records were lost.
 */
export const assertConsistent = (...books: readonly Book[]): void => {
  const [first] = books;
  if (first === undefined) return;
  const { levels, orders } = first.state;
  const all: Count = { orders: 0, stops: 0, blocks: 0 };
  for (const { state } of books) {
    assert(state.orders === orders, "books of several arenas are checked one by one");
    checkBook(state, all);
  }
  assert(all.blocks === levels.countBlocks(), "a block of levels is lost");
  assert(all.orders + all.stops === orders.countTaken(), "an order record is lost");
};

const checkBook = (state: State, all: Count): void => {
  const count: Count = { orders: 0, stops: 0, blocks: 0 };
  for (let flags = 0; flags <= LADDER; flags += 1) checkLadder(state, flags, count);
  assert(count.orders === state.openOrders, "the count of open orders is wrong");
  assert(count.orders === state.index.count(), "the index holds another number of orders");
  assert(state.waiting.length === 0, "a triggered stop was not processed");
  checkPrices(state);
  all.orders += count.orders;
  all.stops += count.stops;
  all.blocks += count.blocks;
};

const checkPrices = (state: State): void => {
  const { lastPrice } = state;
  const bid = bestPrice(state, 0);
  const ask = bestPrice(state, SELL);
  assert(bid === 0 || ask === 0 || bid < ask, "the book is crossed");
  const buyStop = bestPrice(state, DORMANT);
  const sellStop = bestPrice(state, DORMANT | SELL);
  assert(lastPrice === 0 || buyStop === 0 || lastPrice < buyStop, "a buy stop slept on");
  assert(lastPrice === 0 || sellStop === 0 || lastPrice > sellStop, "a sell stop slept on");
};

const bestPrice = (state: State, flags: number): number => {
  const { best } = state.ladder(flags);
  return best === 0 ? 0 : state.key(flags, state.levels.key(best));
};

const checkLadder = (state: State, flags: number, count: Count): void => {
  const ladder = state.ladder(flags);
  const { levels } = state;
  let lastKey = Number.POSITIVE_INFINITY;
  let lastBlock = 0;
  assert(ladder.best !== 0 || ladder.isEmpty(), "a ladder has levels and no best");
  for (let level = ladder.best; level !== 0; level = ladder.below(level)) {
    const key = levels.key(level);
    assert(level !== ladder.best || key === ladder.bestKey, "the best price is another");
    assert(key < lastKey, "a ladder is out of order");
    assert(ladder.find(key) === level, "a level is not found by its price");
    const block = level >>> BLOCK.TICK_BITS;
    if (block !== lastBlock) count.blocks += 1;
    if (key >> BLOCK.GROUP_BITS !== lastKey >> BLOCK.GROUP_BITS || lastBlock === 0)
      count.blocks += 1;
    lastBlock = block;
    lastKey = key;
    checkQueue(state, flags, level, count);
  }
};

const checkQueue = (state: State, flags: number, level: number, count: Count): void => {
  const { orders, levels } = state;
  const head = levels.head(level);
  let total = 0;
  let previous = 0;
  for (let slot = head; slot !== 0; slot = orders.get(slot, NEXT)) {
    const open = orders.get(slot, OPEN);
    const place = orders.get(slot, PLACE);
    assert(open > 0, "an order with nothing open is in a queue");
    assert(place >>> LEVEL_SHIFT === level, "an order points to another level");
    assert((place & FLAGS & LADDER) === flags, "an order is on the wrong ladder");
    const isLinked = previous === 0 || orders.get(slot, PREVIOUS) === previous;
    assert(isLinked, "a queue is not linked backwards");
    assert(state.index.find(orders.number(slot)) === slot, "an order is not found by its number");
    const isDormant = (flags & DORMANT) !== 0;
    assert(isDormant || open <= orders.get(slot, QUANTITY), "more is open than was ordered");
    total += open;
    previous = slot;
    count.orders += 1;
    if (isDormant) count.stops += 1;
  }
  assert(previous !== 0, "a level is empty");
  assert(orders.get(head, PREVIOUS) === previous, "the first of a queue does not know the last");
  assert(levels.total(level) === total, "the total of a level is wrong");
};
