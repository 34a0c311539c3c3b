import { test } from "node:test";
import { play } from "./reference/example.ts";
import { buy, cancel, expire, FOK, MARKET, sell } from "./reference/market.ts";

const asks = [sell(1, 5, 100), sell(2, 5, 101), sell(3, 5, 102)];

test("the first order of a book rests", () =>
  play({ when: buy(1, 5, 100), brings: ["1 rests: buy 5 at 100"], bids: [[100, 5]], asks: [] }));

test("orders whose prices do not cross rest on both sides", () =>
  play({
    given: [buy(1, 5, 99)],
    when: sell(2, 3, 100),
    brings: ["2 rests: sell 3 at 100"],
    bids: [[99, 5]],
    asks: [[100, 3]],
  }));

test("a buyer who bids more than the ask pays the ask", () =>
  play({ given: asks, when: buy(9, 5, 150), brings: ["1 and 9 trade 5 at 100, 0 and 0 left"] }));

test("a seller who asks less than the bid gets the bid", () =>
  play({
    given: [buy(1, 5, 100)],
    when: sell(2, 5, 90),
    brings: ["1 and 2 trade 5 at 100, 0 and 0 left"],
    bids: [],
    asks: [],
  }));

test("equal prices trade", () =>
  play({ given: asks, when: buy(9, 2, 100), brings: ["1 and 9 trade 2 at 100, 3 and 0 left"] }));

test("prices one tick apart do not trade", () =>
  play({ given: asks, when: buy(9, 2, 99), brings: ["9 rests: buy 2 at 99"] }));

test("a resting order is partially filled and keeps the remainder", () =>
  play({
    given: [sell(1, 10, 100)],
    when: buy(2, 4, 100),
    brings: ["1 and 2 trade 4 at 100, 6 and 0 left"],
    asks: [[100, 6]],
  }));

test("a limit order rests at its limit with the remainder", () =>
  play({
    given: asks,
    when: buy(9, 8, 100),
    brings: ["1 and 9 trade 5 at 100, 0 and 3 left", "9 rests: buy 3 at 100"],
    bids: [[100, 3]],
  }));

test("a large order trades through the levels from the best price on", () =>
  play({
    given: asks,
    when: buy(9, 12, 102),
    brings: [
      "1 and 9 trade 5 at 100, 0 and 7 left",
      "2 and 9 trade 5 at 101, 0 and 2 left",
      "3 and 9 trade 2 at 102, 3 and 0 left",
    ],
    asks: [[102, 3]],
  }));

test("a large order stops at its limit price", () =>
  play({
    given: asks,
    when: buy(9, 12, 101),
    brings: [
      "1 and 9 trade 5 at 100, 0 and 7 left",
      "2 and 9 trade 5 at 101, 0 and 2 left",
      "9 rests: buy 2 at 101",
    ],
    asks: [[102, 5]],
  }));

test("the better price goes first, even when it came later", () =>
  play({
    given: [sell(1, 5, 101), sell(2, 5, 100)],
    when: buy(3, 5, 101),
    brings: ["2 and 3 trade 5 at 100, 0 and 0 left"],
  }));

test("the higher bid goes first", () =>
  play({
    given: [buy(1, 5, 99), buy(2, 5, 100)],
    when: sell(3, 7, 99),
    brings: ["2 and 3 trade 5 at 100, 0 and 2 left", "1 and 3 trade 2 at 99, 3 and 0 left"],
  }));

test("at one price the earliest order is served first", () =>
  play({
    given: [sell(1, 5, 100), sell(2, 5, 100), sell(3, 5, 100)],
    when: buy(4, 8, 100),
    brings: ["1 and 4 trade 5 at 100, 0 and 3 left", "2 and 4 trade 3 at 100, 2 and 0 left"],
  }));

test("a partially filled order stays first", () =>
  play({
    given: [sell(1, 5, 100), sell(2, 5, 100), buy(3, 2, 100)],
    when: buy(4, 4, 100),
    brings: ["1 and 4 trade 3 at 100, 0 and 1 left", "2 and 4 trade 1 at 100, 4 and 0 left"],
  }));

test("an order that is cancelled and placed again is last", () =>
  play({
    given: [sell(1, 5, 100), sell(2, 5, 100), cancel(1), sell(3, 5, 100)],
    when: buy(4, 6, 100),
    brings: ["2 and 4 trade 5 at 100, 0 and 1 left", "3 and 4 trade 1 at 100, 4 and 0 left"],
  }));

test("a market order trades the available quantity inside its collar", () =>
  play({
    given: asks,
    when: buy(9, 12, 101, MARKET),
    brings: [
      "1 and 9 trade 5 at 100, 0 and 7 left",
      "2 and 9 trade 5 at 101, 0 and 2 left",
      "9 expired 2: collar_reached",
    ],
    bids: [],
    asks: [[102, 5]],
  }));

test("a market order without a counterparty expires", () =>
  play({ when: buy(1, 5, 100, MARKET), brings: ["1 expired 5: no_liquidity"], bids: [] }));

test("a market order that empties the book expires for lack of liquidity", () =>
  play({
    given: [buy(1, 5, 100)],
    when: sell(2, 8, 90, MARKET),
    brings: ["1 and 2 trade 5 at 100, 0 and 3 left", "2 expired 3: no_liquidity"],
  }));

test("a market order is filled and nothing expires", () =>
  play({
    given: asks,
    when: buy(9, 5, 200, MARKET),
    brings: ["1 and 9 trade 5 at 100, 0 and 0 left"],
  }));

test("a fill-or-kill market order trades all of it inside the collar or nothing", () =>
  play({
    given: asks,
    when: [buy(8, 11, 101, { ...MARKET, ...FOK }), buy(9, 10, 101, { ...MARKET, ...FOK })],
    brings: [
      "8 expired 11: fill_or_kill",
      "1 and 9 trade 5 at 100, 0 and 5 left",
      "2 and 9 trade 5 at 101, 0 and 0 left",
    ],
  }));

test("a cancelled order is gone", () =>
  play({
    given: [sell(1, 5, 100), cancel(1)],
    when: buy(2, 5, 100),
    brings: ["2 rests: buy 5 at 100"],
    asks: [],
  }));

test("a cancel returns only what is still open", () =>
  play({
    given: [sell(1, 5, 100), buy(2, 2, 100)],
    when: cancel(1),
    brings: ["1 cancelled 3: requested"],
  }));

test("cancelling twice, or a filled or unknown order, changes nothing", () =>
  play({
    given: [sell(1, 5, 100), cancel(1), sell(2, 5, 100), buy(3, 5, 100)],
    when: [cancel(1), cancel(2), cancel(77)],
    brings: [
      "1 cancel_rejected: unknown_order",
      "2 cancel_rejected: unknown_order",
      "77 cancel_rejected: unknown_order",
    ],
  }));

test("an order of another owner is treated as unknown", () =>
  play({
    given: [sell(1, 5, 100)],
    when: cancel(1, 2),
    brings: ["1 cancel_rejected: unknown_order"],
    asks: [[100, 5]],
  }));

test("an order that expires loses its open quantity", () =>
  play({
    given: [sell(1, 5, 100), buy(2, 2, 100)],
    when: [expire(1), expire(1)],
    brings: ["1 expired 3: time", "1 expire_rejected: unknown_order"],
    asks: [],
  }));

test("cancelling an order in the middle of a queue keeps the order of the rest", () =>
  play({
    given: [sell(1, 1, 100), sell(2, 1, 100), sell(3, 1, 100), cancel(2)],
    when: buy(4, 2, 100),
    brings: ["1 and 4 trade 1 at 100, 0 and 1 left", "3 and 4 trade 1 at 100, 0 and 0 left"],
  }));

test("after the last order of a queue is cancelled, the next order works", () =>
  play({
    given: [sell(1, 1, 100), sell(2, 1, 100), cancel(2), sell(3, 1, 100)],
    when: buy(4, 2, 100),
    brings: ["1 and 4 trade 1 at 100, 0 and 1 left", "3 and 4 trade 1 at 100, 0 and 0 left"],
  }));
