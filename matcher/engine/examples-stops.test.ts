import assert from "node:assert/strict";
import { test } from "node:test";
import { apply, createBook } from "./book.ts";
import { assertConsistent } from "./consistency.ts";
import { play } from "./reference/example.ts";
import {
  buy,
  cancel,
  expire,
  FOK,
  IOC,
  of,
  POST_ONLY,
  replace,
  sell,
  stopAt,
  stopLimitAt,
} from "./reference/market.ts";

/** Makes 100 the last price through a trade of two other owners. */
const traded = [sell(1, 1, 100), buy(2, 1, 100)];

test("a stop does not trigger before the first trade", () =>
  play({ when: buy(1, 5, 200, stopAt(100)), brings: ["1 waits for 100"], bids: [] }));

test("a stop does not trigger while the last price has not reached it", () =>
  play({ given: traded, when: buy(3, 5, 200, stopAt(101)), brings: ["3 waits for 101"] }));

test("a stop whose price is already reached triggers at once", () =>
  play({
    given: [...traded, sell(3, 5, 100)],
    when: buy(4, 5, 200, stopAt(100)),
    brings: ["4 triggers: buy 5", "3 and 4 trade 5 at 100, 0 and 0 left"],
  }));

test("a sell stop triggers when the price falls to it", () =>
  play({
    given: [...traded, sell(3, 5, 90, stopAt(99)), buy(4, 1, 99), buy(5, 5, 98)],
    when: sell(6, 1, 99),
    brings: [
      "4 and 6 trade 1 at 99, 0 and 0 left",
      "3 triggers: sell 5",
      "5 and 3 trade 5 at 98, 0 and 0 left",
    ],
  }));

test("a stop triggers on trades, not on quotes", () =>
  play({
    given: [...traded, buy(3, 5, 200, stopAt(101))],
    when: buy(4, 5, 150),
    brings: ["4 rests: buy 5 at 150"],
  }));

test("a triggered stop trades inside its collar and the remainder expires", () =>
  play({
    given: [buy(1, 5, 101, stopAt(100)), sell(2, 1, 100), sell(3, 2, 101), sell(4, 9, 102)],
    when: buy(5, 1, 100),
    brings: [
      "2 and 5 trade 1 at 100, 0 and 0 left",
      "1 triggers: buy 5",
      "3 and 1 trade 2 at 101, 0 and 3 left",
      "1 expired 3: collar_reached",
    ],
  }));

test("a triggered stop-limit rests with the remainder", () =>
  play({
    given: [buy(1, 5, 101, stopLimitAt(100)), sell(2, 1, 100), sell(3, 2, 101)],
    when: buy(5, 1, 100),
    brings: [
      "2 and 5 trade 1 at 100, 0 and 0 left",
      "1 triggers: buy 5",
      "3 and 1 trade 2 at 101, 0 and 3 left",
      "1 rests: buy 3 at 101",
    ],
    bids: [[101, 3]],
  }));

test("a triggered immediate-or-cancel stop-limit does not rest", () =>
  play({
    given: [buy(1, 5, 99, { ...stopLimitAt(100), ...IOC }), sell(2, 1, 100)],
    when: buy(5, 1, 100),
    brings: [
      "2 and 5 trade 1 at 100, 0 and 0 left",
      "1 triggers: buy 5",
      "1 expired 5: immediate_or_cancel",
    ],
  }));

test("a triggered fill-or-kill stop trades all or nothing", () =>
  play({
    given: [buy(1, 5, 110, { ...stopAt(100), ...FOK }), sell(2, 1, 100), sell(3, 4, 101)],
    when: buy(5, 1, 100),
    brings: [
      "2 and 5 trade 1 at 100, 0 and 0 left",
      "1 triggers: buy 5",
      "1 expired 5: fill_or_kill",
    ],
    asks: [[101, 4]],
  }));

test("stops reached by one order trigger in the order of their acceptance", () =>
  play({
    given: [
      buy(1, 1, 200, stopAt(102)),
      buy(2, 1, 200, stopAt(101)),
      sell(3, 2, 102),
      sell(4, 9, 103),
    ],
    when: buy(5, 2, 102),
    brings: [
      "3 and 5 trade 2 at 102, 0 and 0 left",
      "1 triggers: buy 1",
      "4 and 1 trade 1 at 103, 8 and 0 left",
      "2 triggers: buy 1",
      "4 and 2 trade 1 at 103, 7 and 0 left",
    ],
  }));

test("buy and sell stops that one order reaches trigger in one common order", () =>
  play({
    given: [
      ...traded,
      sell(3, 1, 1, stopAt(98)),
      buy(4, 1, 200, stopAt(103)),
      sell(5, 1, 98),
      sell(6, 1, 104),
    ],
    when: [buy(7, 2, 104)],
    brings: [
      "5 and 7 trade 1 at 98, 0 and 1 left",
      "6 and 7 trade 1 at 104, 0 and 0 left",
      "3 triggers: sell 1",
      "3 expired 1: no_liquidity",
      "4 triggers: buy 1",
      "4 expired 1: no_liquidity",
    ],
  }));

test("every price that an order traded at counts, not only the last price", () =>
  play({
    given: [...traded, sell(3, 1, 90, stopAt(99)), sell(4, 1, 99), sell(5, 1, 101), buy(6, 1, 95)],
    when: buy(7, 2, 101),
    brings: [
      "4 and 7 trade 1 at 99, 0 and 1 left",
      "5 and 7 trade 1 at 101, 0 and 0 left",
      "3 triggers: sell 1",
      "6 and 3 trade 1 at 95, 0 and 0 left",
    ],
  }));

test("a stop triggers the next stop within the same command", () =>
  play({
    given: [
      buy(1, 1, 200, stopAt(100)),
      buy(2, 1, 200, stopAt(101)),
      buy(3, 1, 200, stopAt(102)),
      sell(4, 1, 100),
      sell(5, 1, 101),
      sell(6, 1, 102),
      sell(7, 1, 103),
    ],
    when: buy(8, 1, 100),
    brings: [
      "4 and 8 trade 1 at 100, 0 and 0 left",
      "1 triggers: buy 1",
      "5 and 1 trade 1 at 101, 0 and 0 left",
      "2 triggers: buy 1",
      "6 and 2 trade 1 at 102, 0 and 0 left",
      "3 triggers: buy 1",
      "7 and 3 trade 1 at 103, 0 and 0 left",
    ],
  }));

test("stops that are triggered later wait for those triggered before", () =>
  play({
    given: [
      buy(1, 1, 200, stopAt(102)),
      buy(2, 1, 200, stopAt(100)),
      buy(3, 1, 200, stopAt(100)),
      sell(4, 1, 100),
      sell(5, 1, 102),
      sell(6, 5, 103),
    ],
    when: buy(7, 1, 100),
    brings: [
      "4 and 7 trade 1 at 100, 0 and 0 left",
      "2 triggers: buy 1",
      "5 and 2 trade 1 at 102, 0 and 0 left",
      "3 triggers: buy 1",
      "6 and 3 trade 1 at 103, 4 and 0 left",
      "1 triggers: buy 1",
      "6 and 1 trade 1 at 103, 3 and 0 left",
    ],
  }));

test("a triggered stop does not trade with its owner", () =>
  play({
    given: [buy(1, 1, 200, { ...stopAt(100), ...of(7) }), sell(2, 1, 100), sell(3, 1, 101, of(7))],
    when: buy(4, 1, 100),
    brings: [
      "2 and 4 trade 1 at 100, 0 and 0 left",
      "1 triggers: buy 1",
      "3 and 1 kept apart at 101: -0 -1, 1 and 0 left",
    ],
  }));

test("an untriggered stop can be cancelled by its owner only, and expires", () =>
  play({
    given: [buy(1, 5, 200, stopAt(100)), buy(2, 6, 200, stopAt(100))],
    when: [cancel(1, 2), cancel(1), expire(2)],
    brings: ["1 cancel_rejected: unknown_order", "1 cancelled 5: requested", "2 expired 6: time"],
  }));

test("a stop with a lower quantity keeps its position", () =>
  play({
    given: [
      buy(1, 3, 200, stopAt(100)),
      buy(2, 1, 200, stopAt(100)),
      replace(1, 1, 200),
      sell(3, 1, 100),
    ],
    when: buy(4, 1, 100),
    brings: [
      "3 and 4 trade 1 at 100, 0 and 0 left",
      "1 triggers: buy 1",
      "1 expired 1: no_liquidity",
      "2 triggers: buy 1",
      "2 expired 1: no_liquidity",
    ],
  }));

test("a stop with a new stop price goes to the end", () =>
  play({
    given: [
      buy(1, 1, 200, stopAt(101)),
      buy(2, 1, 200, stopAt(100)),
      replace(1, 1, 200, { stopPrice: 100 }),
      sell(3, 1, 100),
    ],
    when: buy(4, 1, 100),
    brings: [
      "3 and 4 trade 1 at 100, 0 and 0 left",
      "2 triggers: buy 1",
      "2 expired 1: no_liquidity",
      "1 triggers: buy 1",
      "1 expired 1: no_liquidity",
    ],
  }));

test("a stop moved to a price that is already reached triggers at once", () =>
  play({
    given: [...traded, buy(3, 2, 200, stopAt(105)), sell(4, 2, 101)],
    when: replace(3, 2, 200, { stopPrice: 100 }),
    brings: [
      "3 replaced: 2 open at 200, to the back",
      "3 triggers: buy 2",
      "4 and 3 trade 2 at 101, 0 and 0 left",
    ],
  }));

test("a replace ignores the stop price of a triggered stop", () =>
  play({
    given: [...traded, buy(3, 2, 99, stopLimitAt(100))],
    when: replace(3, 1, 99, { stopPrice: 500 }),
    brings: ["3 replaced: 1 open at 99, in place"],
    bids: [[99, 1]],
  }));

test("a stop needs a stop price, other orders must not have one, and no stop is post-only", () =>
  play({
    when: [
      buy(1, 1, 100, { orderType: "stop" }),
      buy(2, 1, 100, { stopPrice: 100 }),
      buy(3, 1, 100, stopAt(0)),
      buy(4, 1, 100, { ...stopLimitAt(100), ...POST_ONLY }),
    ],
    brings: [
      "1 rejected: invalid_stop_price",
      "2 rejected: invalid_stop_price",
      "3 rejected: invalid_stop_price",
      "4 rejected: invalid_combination",
    ],
  }));

test("ten thousand stops trigger each other within one command", () => {
  const COUNT = 10_000;
  const book = createBook();
  for (let at = 1; at <= COUNT; at += 1) {
    apply(book, buy(at, 1, 2 * COUNT, stopAt(100 + at)));
  }
  for (let at = 1; at <= COUNT + 1; at += 1) apply(book, sell(COUNT + at, 1, 100 + at));
  const events = apply(book, buy(3 * COUNT, 1, 101));
  assert.equal(events.filter(({ type }) => type === "stop_triggered").length, COUNT);
  assert.equal(events.filter(({ type }) => type === "traded").length, COUNT + 1);
  assert.equal(book.openOrders, 0);
  assertConsistent(book);
});
