import { test } from "node:test";
import type { Command } from "./protocol.ts";
import { play } from "./reference/example.ts";
import { buy, cancel, expire, of, POST_ONLY, replace, sell, stopAt } from "./reference/market.ts";

const halt: Command = { type: "halt" };
const resume: Command = { type: "resume" };

test("an order that would trade with its owner's resting order expires, and the resting order stays", () =>
  play({
    given: [sell(1, 5, 100, of(7))],
    when: buy(2, 8, 100, of(7)),
    brings: ["1 and 2 kept apart at 100: -0 -8, 5 and 0 left"],
    bids: [],
    asks: [[100, 5]],
  }));

test("with expire_taker the trades before the taker reaches its owner's order remain", () =>
  play({
    given: [sell(1, 5, 100), sell(2, 5, 100, of(7)), sell(3, 5, 100)],
    when: buy(4, 8, 100, of(7)),
    brings: [
      "1 and 4 trade 5 at 100, 0 and 3 left",
      "2 and 4 kept apart at 100: -0 -3, 5 and 0 left",
    ],
    asks: [[100, 10]],
  }));

test("with expire_maker the resting order is cancelled and the taker continues to trade", () =>
  play({
    given: [sell(1, 5, 100, of(7)), sell(2, 5, 100)],
    when: buy(3, 6, 100, { ...of(7), selfTradePrevention: "expire_maker" }),
    brings: [
      "1 and 3 kept apart at 100: -5 -0, 0 and 6 left",
      "2 and 3 trade 5 at 100, 0 and 1 left",
      "3 rests: buy 1 at 100",
    ],
  }));

test("with expire_both both orders end", () =>
  play({
    given: [sell(1, 5, 100, of(7)), sell(2, 5, 100)],
    when: buy(3, 6, 100, { ...of(7), selfTradePrevention: "expire_both" }),
    brings: ["1 and 3 kept apart at 100: -5 -6, 0 and 0 left"],
    asks: [[100, 5]],
  }));

test("with decrement the smaller order ends and the taker continues with the difference", () =>
  play({
    given: [sell(1, 5, 100, of(7)), sell(2, 5, 100)],
    when: buy(3, 7, 100, { ...of(7), selfTradePrevention: "decrement" }),
    brings: [
      "1 and 3 kept apart at 100: -5 -5, 0 and 2 left",
      "2 and 3 trade 2 at 100, 3 and 0 left",
    ],
  }));

test("with decrement a larger resting order shrinks and keeps its place", () =>
  play({
    given: [
      sell(1, 5, 100, of(7)),
      sell(2, 5, 100),
      buy(3, 2, 100, { ...of(7), selfTradePrevention: "decrement" }),
    ],
    when: buy(4, 4, 100),
    brings: ["1 and 4 trade 3 at 100, 0 and 1 left", "2 and 4 trade 1 at 100, 4 and 0 left"],
  }));

test("the mode of the taker applies, not that of the resting order", () =>
  play({
    given: [sell(1, 5, 100, { ...of(7), selfTradePrevention: "expire_maker" })],
    when: buy(2, 5, 100, { ...of(7), selfTradePrevention: "expire_taker" }),
    brings: ["1 and 2 kept apart at 100: -0 -5, 5 and 0 left"],
  }));

test("a prevented trade is not a trade: it sets no price and triggers no stop", () =>
  play({
    given: [sell(1, 5, 100, of(7)), buy(2, 5, 200, stopAt(100))],
    when: buy(3, 5, 100, { ...of(7), selfTradePrevention: "expire_both" }),
    brings: ["1 and 3 kept apart at 100: -5 -5, 0 and 0 left"],
  }));

test("a lower quantity keeps the place in the queue", () =>
  play({
    given: [sell(1, 5, 100), sell(2, 5, 100)],
    when: [replace(1, 3, 100), buy(3, 4, 100)],
    brings: [
      "1 replaced: 3 open at 100, in place",
      "1 and 3 trade 3 at 100, 0 and 1 left",
      "2 and 3 trade 1 at 100, 4 and 0 left",
    ],
    asks: [[100, 4]],
  }));

test("the same terms keep the place in the queue", () =>
  play({
    given: [sell(1, 5, 100), sell(2, 5, 100), replace(1, 5, 100)],
    when: buy(3, 1, 100),
    brings: ["1 and 3 trade 1 at 100, 4 and 0 left"],
  }));

test("a higher quantity goes to the end of the queue", () =>
  play({
    given: [sell(1, 5, 100), sell(2, 5, 100)],
    when: [replace(1, 6, 100), buy(3, 6, 100)],
    brings: [
      "1 replaced: 6 open at 100, to the back",
      "1 rests: sell 6 at 100",
      "2 and 3 trade 5 at 100, 0 and 1 left",
      "1 and 3 trade 1 at 100, 5 and 0 left",
    ],
  }));

test("a new price goes to the end of the queue at that price", () =>
  play({
    given: [sell(1, 5, 100), sell(2, 5, 101), replace(1, 5, 101)],
    when: buy(3, 6, 101),
    brings: ["2 and 3 trade 5 at 101, 0 and 1 left", "1 and 3 trade 1 at 101, 4 and 0 left"],
  }));

test("changing the price and changing it back goes to the end of the queue", () =>
  play({
    given: [sell(1, 5, 100), sell(2, 5, 100), replace(1, 5, 101), replace(1, 5, 100)],
    when: buy(3, 1, 100),
    brings: ["2 and 3 trade 1 at 100, 4 and 0 left"],
  }));

test("the quantity of a replace is the total, including what was filled", () =>
  play({
    given: [sell(1, 10, 100), buy(2, 4, 100)],
    when: replace(1, 7, 100),
    brings: ["1 replaced: 3 open at 100, in place"],
    asks: [[100, 3]],
  }));

test("a total equal to the filled quantity cancels the remainder", () =>
  play({
    given: [sell(1, 10, 100), buy(2, 4, 100)],
    when: replace(1, 4, 100),
    brings: ["1 cancelled 6: replaced"],
    asks: [],
  }));

test("a total below the filled quantity cancels the remainder, also at a new price", () =>
  play({
    given: [sell(1, 10, 100), buy(2, 4, 100)],
    when: replace(1, 2, 105),
    brings: ["1 cancelled 6: replaced"],
  }));

test("quantity that self-trade prevention removed counts as used", () =>
  play({
    given: [
      sell(1, 10, 100, of(7)),
      buy(2, 4, 100, { ...of(7), selfTradePrevention: "decrement" }),
    ],
    when: replace(1, 7, 100, of(7)),
    brings: ["1 replaced: 3 open at 100, in place"],
  }));

test("a new price that crosses trades", () =>
  play({
    given: [buy(1, 5, 99), sell(2, 8, 101)],
    when: replace(2, 8, 99),
    brings: [
      "2 replaced: 8 open at 99, to the back",
      "1 and 2 trade 5 at 99, 0 and 3 left",
      "2 rests: sell 3 at 99",
    ],
  }));

test("a replaced order keeps its self-trade prevention mode", () =>
  play({
    given: [
      buy(1, 5, 99, of(7)),
      sell(2, 5, 101, { ...of(7), selfTradePrevention: "expire_both" }),
    ],
    when: replace(2, 5, 99, of(7)),
    brings: [
      "2 replaced: 5 open at 99, to the back",
      "1 and 2 kept apart at 99: -5 -5, 0 and 0 left",
    ],
  }));

test("a replace that would make a post-only order trade is refused and changes nothing", () =>
  play({
    given: [buy(1, 5, 99), sell(2, 5, 101, POST_ONLY)],
    when: replace(2, 9, 99),
    brings: ["2 replace_rejected: would_take"],
    asks: [[101, 5]],
  }));

test("a failed replace changes nothing", () =>
  play({
    given: [sell(1, 5, 100), sell(2, 5, 100)],
    when: [
      replace(1, 0, 100),
      replace(1, 5, 0),
      replace(1, 9, 100, { owner: 2 }),
      replace(77, 5, 100),
      buy(3, 1, 100),
    ],
    brings: [
      "1 replace_rejected: invalid_quantity",
      "1 replace_rejected: invalid_price",
      "1 replace_rejected: unknown_order",
      "77 replace_rejected: unknown_order",
      "1 and 3 trade 1 at 100, 4 and 0 left",
    ],
  }));

test("a filled order cannot be replaced", () =>
  play({
    given: [sell(1, 5, 100), buy(2, 5, 100)],
    when: replace(1, 9, 100),
    brings: ["1 replace_rejected: unknown_order"],
  }));

test("while halted new orders and replaces are refused", () =>
  play({
    given: [sell(1, 5, 100), halt],
    when: [buy(2, 5, 100), replace(1, 3, 100)],
    brings: ["2 rejected: halted", "1 replace_rejected: halted"],
    asks: [[100, 5]],
  }));

test("while halted orders can be cancelled and expire", () =>
  play({
    given: [sell(1, 5, 100), sell(2, 5, 100), halt],
    when: [cancel(1), expire(2)],
    brings: ["1 cancelled 5: requested", "2 expired 5: time"],
    asks: [],
  }));

test("after a resume the book continues with the same queue", () =>
  play({
    given: [sell(1, 5, 100), sell(2, 5, 100), halt, resume],
    when: buy(3, 6, 100),
    brings: ["1 and 3 trade 5 at 100, 0 and 1 left", "2 and 3 trade 1 at 100, 4 and 0 left"],
  }));

test("a second halt or resume is answered like the first", () =>
  play({ when: [halt, halt, resume, resume], brings: ["halted", "halted", "resumed", "resumed"] }));

test("an order number that was used before is refused", () =>
  play({
    given: [sell(2, 5, 100), cancel(2)],
    when: [sell(2, 5, 100), sell(1, 5, 100), sell(3, 5, 100)],
    brings: [
      "2 place_rejected: duplicate_order",
      "1 place_rejected: duplicate_order",
      "3 rests: sell 5 at 100",
    ],
  }));

test("quantities and prices are whole, positive and no larger than 31 bits", () =>
  play({
    when: [
      buy(1, 0, 100),
      buy(2, 1.5, 100),
      buy(3, 2 ** 31, 100),
      buy(4, 5, 0),
      buy(5, 5, -100),
      buy(6, 5, Number.NaN),
      buy(7, 5, 2 ** 31 - 1),
    ],
    brings: [
      "1 rejected: invalid_quantity",
      "2 rejected: invalid_quantity",
      "3 rejected: invalid_quantity",
      "4 rejected: invalid_price",
      "5 rejected: invalid_price",
      "6 rejected: invalid_price",
      "7 rests: buy 5 at 2147483647",
    ],
  }));

test("a queue of a hundred orders is served from its front", () => {
  const queue = Array.from({ length: 100 }, (_, at) => sell(at + 1, 1, 100));
  const brings = queue
    .slice(0, 99)
    .map(({ order }) => `${order} and 200 trade 1 at 100, 0 and ${99 - order} left`);
  play({ given: queue, when: buy(200, 99, 100), brings, asks: [[100, 1]] });
});
