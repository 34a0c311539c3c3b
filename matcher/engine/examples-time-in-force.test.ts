import { test } from "node:test";
import { play } from "./reference/example.ts";
import { buy, FOK, IOC, MARKET, of, POST_ONLY, sell } from "./reference/market.ts";

const asks = [sell(1, 5, 100), sell(2, 5, 101), sell(3, 5, 102)];

test("immediate-or-cancel never rests", () =>
  play({
    given: asks,
    when: buy(9, 8, 100, IOC),
    brings: ["1 and 9 trade 5 at 100, 0 and 3 left", "9 expired 3: immediate_or_cancel"],
    bids: [],
  }));

test("an immediate-or-cancel order that does not trade expires as a whole", () =>
  play({ given: asks, when: buy(9, 8, 99, IOC), brings: ["9 expired 8: immediate_or_cancel"] }));

test("fill-or-kill trades when exactly enough quantity is there", () =>
  play({
    given: asks,
    when: buy(9, 10, 101, FOK),
    brings: ["1 and 9 trade 5 at 100, 0 and 5 left", "2 and 9 trade 5 at 101, 0 and 0 left"],
  }));

test("fill-or-kill that is one lot short trades nothing", () =>
  play({
    given: asks,
    when: buy(9, 11, 101, FOK),
    brings: ["9 expired 11: fill_or_kill"],
    asks: [
      [100, 5],
      [101, 5],
      [102, 5],
    ],
  }));

test("fill-or-kill leaves the quantity that it does not need", () =>
  play({
    given: asks,
    when: buy(9, 9, 102, FOK),
    brings: ["1 and 9 trade 5 at 100, 0 and 4 left", "2 and 9 trade 4 at 101, 1 and 0 left"],
  }));

test("fill-or-kill does not count orders of its own owner", () =>
  play({
    given: [sell(1, 5, 100, of(7)), sell(2, 5, 100)],
    when: buy(3, 6, 100, { ...FOK, ...of(7), selfTradePrevention: "expire_maker" }),
    brings: ["3 expired 6: fill_or_kill"],
    asks: [[100, 10]],
  }));

test("fill-or-kill with expire_maker trades past its owner's orders", () =>
  play({
    given: [sell(1, 5, 100, of(7)), sell(2, 5, 100)],
    when: buy(3, 5, 100, { ...FOK, ...of(7), selfTradePrevention: "expire_maker" }),
    brings: [
      "1 and 3 kept apart at 100: -5 -0, 0 and 5 left",
      "2 and 3 trade 5 at 100, 0 and 0 left",
    ],
  }));

test("fill-or-kill does not count quantity behind an order of its own owner", () =>
  play({
    given: [sell(1, 5, 100, of(7)), sell(2, 5, 100)],
    when: buy(3, 5, 100, { ...FOK, ...of(7) }),
    brings: ["3 expired 5: fill_or_kill"],
  }));

test("fill-or-kill that is filled before an order of its own owner trades", () =>
  play({
    given: [sell(1, 5, 100), sell(2, 5, 100, of(7))],
    when: buy(3, 5, 100, { ...FOK, ...of(7) }),
    brings: ["1 and 3 trade 5 at 100, 0 and 0 left"],
  }));

test("post-only rests when it would not trade", () =>
  play({ given: asks, when: buy(9, 5, 99, POST_ONLY), brings: ["9 rests: buy 5 at 99"] }));

test("post-only that would trade is refused, also at an equal price", () =>
  play({
    given: asks,
    when: [buy(8, 5, 100, POST_ONLY), buy(9, 5, 103, POST_ONLY)],
    brings: ["8 rejected: would_take", "9 rejected: would_take"],
    bids: [],
  }));

test("post-only is refused even when it would only meet an order of its owner", () =>
  play({
    given: [sell(1, 5, 100, of(7))],
    when: buy(2, 5, 100, { ...POST_ONLY, ...of(7) }),
    brings: ["2 rejected: would_take"],
  }));

test("post-only is not allowed for orders that never rest", () =>
  play({
    when: [
      buy(1, 5, 100, { ...POST_ONLY, ...IOC }),
      buy(2, 5, 100, { ...POST_ONLY, ...FOK }),
      buy(3, 5, 100, { ...POST_ONLY, ...MARKET }),
    ],
    brings: [
      "1 rejected: invalid_combination",
      "2 rejected: invalid_combination",
      "3 rejected: invalid_combination",
    ],
  }));
