import { test } from "node:test";
import { buy, cancel, IOC, sell } from "./reference/market.ts";
import { follow, modify, type Step } from "./reference/steps.ts";

// What every order book with price-time priority must do, as short sequences on an empty book. This
// file: queues, levels and prices. Every step states the whole book, so that an empty level that is
// still listed is noticed even when the next match would remove it.

test("cancelling an order in the middle of a queue keeps those behind it", () =>
  follow(
    [buy(1, 10, 100), "1 rests: buy 10 at 100", "10@100 |"],
    [buy(2, 10, 100), "2 rests: buy 10 at 100", "20@100 |"],
    [buy(3, 10, 100), "3 rests: buy 10 at 100", "30@100 |"],
    [cancel(2), "2 cancelled 10: requested", "20@100 |"],
    [
      sell(4, 20, 100, IOC),
      ["1 and 4 trade 10 at 100, 0 and 10 left", "3 and 4 trade 10 at 100, 0 and 0 left"],
      "|",
    ],
  ));

test("cancelling the first order of a queue keeps those behind it", () =>
  follow(
    [buy(1, 10, 100), "1 rests: buy 10 at 100", "10@100 |"],
    [buy(2, 10, 100), "2 rests: buy 10 at 100", "20@100 |"],
    [buy(3, 10, 100), "3 rests: buy 10 at 100", "30@100 |"],
    [cancel(1), "1 cancelled 10: requested", "20@100 |"],
    [
      sell(4, 20, 100, IOC),
      ["2 and 4 trade 10 at 100, 0 and 10 left", "3 and 4 trade 10 at 100, 0 and 0 left"],
      "|",
    ],
  ));

test("a long queue keeps its order after scattered cancels", () =>
  follow(
    ...Array.from({ length: 8 }, (_, at): Step => {
      const number = at + 1;
      const rests = `${number} rests: buy 10 at 100`;
      return [buy(number, 10, 100), rests, `${number * 10}@100 |`];
    }),
    [cancel(2), "2 cancelled 10: requested", "70@100 |"],
    [cancel(5), "5 cancelled 10: requested", "60@100 |"],
    [cancel(7), "7 cancelled 10: requested", "50@100 |"],
    [
      sell(9, 50, 100, IOC),
      [
        "1 and 9 trade 10 at 100, 0 and 40 left",
        "3 and 9 trade 10 at 100, 0 and 30 left",
        "4 and 9 trade 10 at 100, 0 and 20 left",
        "6 and 9 trade 10 at 100, 0 and 10 left",
        "8 and 9 trade 10 at 100, 0 and 0 left",
      ],
      "|",
    ],
  ));

test("of two equal orders the first one trades", () =>
  follow(
    [buy(1, 10, 100), "1 rests: buy 10 at 100", "10@100 |"],
    [buy(2, 10, 100), "2 rests: buy 10 at 100", "20@100 |"],
    [sell(3, 10, 100), "1 and 3 trade 10 at 100, 0 and 0 left", "10@100 |"],
  ));

test("a partly filled order stays first in its queue when the next taker comes", () =>
  follow(
    [buy(1, 10, 100), "1 rests: buy 10 at 100", "10@100 |"],
    [buy(2, 10, 100), "2 rests: buy 10 at 100", "20@100 |"],
    [buy(3, 10, 100), "3 rests: buy 10 at 100", "30@100 |"],
    [buy(4, 10, 100), "4 rests: buy 10 at 100", "40@100 |"],
    [
      sell(5, 15, 100, IOC),
      ["1 and 5 trade 10 at 100, 0 and 5 left", "2 and 5 trade 5 at 100, 5 and 0 left"],
      "25@100 |",
    ],
    [
      sell(6, 15, 100, IOC),
      ["2 and 6 trade 5 at 100, 0 and 10 left", "3 and 6 trade 10 at 100, 0 and 0 left"],
      "10@100 |",
    ],
  ));

test("a taker that the first order of a queue fills does not touch the second", () =>
  follow(
    [sell(1, 5, 100), "1 rests: sell 5 at 100", "| 5@100"],
    [sell(2, 5, 100), "2 rests: sell 5 at 100", "| 10@100"],
    [buy(3, 5, 100, IOC), "1 and 3 trade 5 at 100, 0 and 0 left", "| 5@100"],
  ));

test("a taker larger than a whole level trades with each order and rests with the remainder", () =>
  follow(
    [sell(1, 30, 9), "1 rests: sell 30 at 9", "| 30@9"],
    [sell(2, 40, 9), "2 rests: sell 40 at 9", "| 70@9"],
    [
      buy(3, 100, 9),
      [
        "1 and 3 trade 30 at 9, 0 and 70 left",
        "2 and 3 trade 40 at 9, 0 and 30 left",
        "3 rests: buy 30 at 9",
      ],
      "30@9 |",
    ],
    [sell(4, 30, 9, IOC), "3 and 4 trade 30 at 9, 0 and 0 left", "|"],
  ));

test("five thousand orders at one price trade with one taker in the order of their arrival", () => {
  const count = 5_000;
  const numbers = Array.from({ length: count }, (_, at) => at + 1);
  const resting = numbers.map(
    (number): Step => [sell(number, 1, 100), `${number} rests: sell 1 at 100`, `| ${number}@100`],
  );
  const trades = numbers.map(
    (number) => `${number} and 5001 trade 1 at 100, 0 and ${count - number} left`,
  );
  follow(...resting, [buy(5_001, count, 100, IOC), trades, "|"]);
});

const threeAsks: readonly Step[] = [
  [sell(1, 10, 100), "1 rests: sell 10 at 100", "| 10@100"],
  [sell(2, 10, 101), "2 rests: sell 10 at 101", "| 10@100 10@101"],
  [sell(3, 10, 102), "3 rests: sell 10 at 102", "| 10@100 10@101 10@102"],
];
const SWEPT = [
  "1 and 4 trade 10 at 100, 0 and 20 left",
  "2 and 4 trade 10 at 101, 0 and 10 left",
  "3 and 4 trade 10 at 102, 0 and 0 left",
];

test("an immediate order trades through three levels from the best on, whatever arrived first", () =>
  follow(
    [sell(1, 10, 102), "1 rests: sell 10 at 102", "| 10@102"],
    [sell(2, 10, 101), "2 rests: sell 10 at 101", "| 10@101 10@102"],
    [sell(3, 10, 100), "3 rests: sell 10 at 100", "| 10@100 10@101 10@102"],
    [
      buy(4, 30, 102, IOC),
      [
        "3 and 4 trade 10 at 100, 0 and 20 left",
        "2 and 4 trade 10 at 101, 0 and 10 left",
        "1 and 4 trade 10 at 102, 0 and 0 left",
      ],
      "|",
    ],
  ));

test("an order of exactly three levels leaves nothing of the levels and no remainder", () =>
  follow(
    [sell(1, 10, 100), "1 rests: sell 10 at 100", "| 10@100"],
    [sell(2, 20, 101), "2 rests: sell 20 at 101", "| 10@100 20@101"],
    [sell(3, 30, 102), "3 rests: sell 30 at 102", "| 10@100 20@101 30@102"],
    [
      buy(4, 60, 102, IOC),
      [
        "1 and 4 trade 10 at 100, 0 and 50 left",
        "2 and 4 trade 20 at 101, 0 and 30 left",
        "3 and 4 trade 30 at 102, 0 and 0 left",
      ],
      "|",
    ],
  ));

test("the remainder of an order becomes the best bid and can trade", () =>
  follow(
    ...threeAsks,
    [
      buy(4, 35, 102),
      [
        "1 and 4 trade 10 at 100, 0 and 25 left",
        "2 and 4 trade 10 at 101, 0 and 15 left",
        "3 and 4 trade 10 at 102, 0 and 5 left",
        "4 rests: buy 5 at 102",
      ],
      "5@102 |",
    ],
    [sell(5, 5, 102, IOC), "4 and 5 trade 5 at 102, 0 and 0 left", "|"],
  ));

test("an emptied level works again, and so does a level that was never touched", () =>
  follow(
    ...threeAsks,
    [buy(4, 30, 102, IOC), SWEPT, "|"],
    [sell(5, 8, 101), "5 rests: sell 8 at 101", "| 8@101"],
    [buy(6, 8, 101, IOC), "5 and 6 trade 8 at 101, 0 and 0 left", "|"],
    [sell(7, 8, 103), "7 rests: sell 8 at 103", "| 8@103"],
    [buy(8, 8, 103, IOC), "7 and 8 trade 8 at 103, 0 and 0 left", "|"],
  ));

test("on both sides a better price trades before an earlier arrival", () =>
  follow(
    [sell(1, 10, 105), "1 rests: sell 10 at 105", "| 10@105"],
    [sell(2, 10, 100), "2 rests: sell 10 at 100", "| 10@100 10@105"],
    [buy(3, 10, 105, IOC), "2 and 3 trade 10 at 100, 0 and 0 left", "| 10@105"],
    [buy(4, 10, 90), "4 rests: buy 10 at 90", "10@90 | 10@105"],
    [buy(5, 10, 95), "5 rests: buy 10 at 95", "10@95 10@90 | 10@105"],
    [buy(6, 10, 92), "6 rests: buy 10 at 92", "10@95 10@92 10@90 | 10@105"],
    [
      sell(7, 30, 90, IOC),
      [
        "5 and 7 trade 10 at 95, 0 and 20 left",
        "6 and 7 trade 10 at 92, 0 and 10 left",
        "4 and 7 trade 10 at 90, 0 and 0 left",
      ],
      "| 10@105",
    ],
  ));

test("a seller takes the highest bid first, after cancels at both ends of two queues", () =>
  follow(
    [buy(1, 10, 100), "1 rests: buy 10 at 100", "10@100 |"],
    [buy(2, 10, 100), "2 rests: buy 10 at 100", "20@100 |"],
    [buy(3, 10, 101), "3 rests: buy 10 at 101", "10@101 20@100 |"],
    [buy(4, 10, 101), "4 rests: buy 10 at 101", "20@101 20@100 |"],
    [cancel(1), "1 cancelled 10: requested", "20@101 10@100 |"],
    [cancel(4), "4 cancelled 10: requested", "10@101 10@100 |"],
    [
      sell(5, 20, 100, IOC),
      ["3 and 5 trade 10 at 101, 0 and 10 left", "2 and 5 trade 10 at 100, 0 and 0 left"],
      "|",
    ],
  ));

test("the resting order's price counts, whichever side takes liquidity", () =>
  follow(
    [sell(1, 10, 100), "1 rests: sell 10 at 100", "| 10@100"],
    [buy(2, 10, 105, IOC), "1 and 2 trade 10 at 100, 0 and 0 left", "|"],
    [buy(3, 10, 200), "3 rests: buy 10 at 200", "10@200 |"],
    [sell(4, 10, 195, IOC), "3 and 4 trade 10 at 200, 0 and 0 left", "|"],
  ));

test("a limit order stops at its own price and rests there", () =>
  follow(
    [sell(1, 5, 100), "1 rests: sell 5 at 100", "| 5@100"],
    [sell(2, 10, 105), "2 rests: sell 10 at 105", "| 5@100 10@105"],
    [
      buy(3, 12, 102),
      ["1 and 3 trade 5 at 100, 0 and 7 left", "3 rests: buy 7 at 102"],
      "7@102 | 10@105",
    ],
    [sell(4, 7, 102, IOC), "3 and 4 trade 7 at 102, 0 and 0 left", "| 10@105"],
  ));

test("a price far from the others is neither rounded nor refused", () =>
  follow(
    [sell(1, 10, 200_000), "1 rests: sell 10 at 200000", "| 10@200000"],
    [buy(2, 10, 200_000, IOC), "1 and 2 trade 10 at 200000, 0 and 0 left", "|"],
  ));

test("the largest possible price trades like any other", () =>
  follow(
    [sell(1, 10, 2_147_483_647), "1 rests: sell 10 at 2147483647", "| 10@2147483647"],
    [buy(2, 10, 2_147_483_647, IOC), "1 and 2 trade 10 at 2147483647, 0 and 0 left", "|"],
  ));

test("a changed price removes one of two equal orders and leaves the other", () =>
  follow(
    [buy(1, 10, 100), "1 rests: buy 10 at 100", "10@100 |"],
    [buy(2, 10, 100), "2 rests: buy 10 at 100", "20@100 |"],
    [
      modify(1, 10, 99),
      ["1 replaced: 10 open at 99, to the back", "1 rests: buy 10 at 99"],
      "10@100 10@99 |",
    ],
    [sell(3, 10, 100, IOC), "2 and 3 trade 10 at 100, 0 and 0 left", "10@99 |"],
  ));
