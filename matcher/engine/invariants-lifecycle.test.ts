import { test } from "node:test";
import { buy, cancel, IOC, sell } from "./reference/market.ts";
import { follow, modify } from "./reference/steps.ts";

// The second half of what every order book must do: ends, remainders, best prices, modifies, and
// ids that are reused or unknown.

test("the remainder of a partly filled order can be cancelled", () =>
  follow(
    [sell(1, 10, 100), "1 rests: sell 10 at 100", "| 10@100"],
    [buy(2, 6, 100), "1 and 2 trade 6 at 100, 4 and 0 left", "| 4@100"],
    [cancel(1), "1 cancelled 4: requested", "|"],
  ));

test("two takers use up exactly what is left of an order", () =>
  follow(
    [sell(1, 20, 100), "1 rests: sell 20 at 100", "| 20@100"],
    [buy(2, 8, 100, IOC), "1 and 2 trade 8 at 100, 12 and 0 left", "| 12@100"],
    [buy(3, 12, 100, IOC), "1 and 3 trade 12 at 100, 0 and 0 left", "|"],
    [buy(4, 5, 100, IOC), "4 expired 5: immediate_or_cancel", "|"],
  ));

test("what an immediate order cannot trade never rests", () =>
  follow(
    [sell(1, 10, 100), "1 rests: sell 10 at 100", "| 10@100"],
    [
      buy(2, 15, 100, IOC),
      ["1 and 2 trade 10 at 100, 0 and 5 left", "2 expired 5: immediate_or_cancel"],
      "|",
    ],
    [sell(3, 5, 100, IOC), "3 expired 5: immediate_or_cancel", "|"],
  ));

test("a filled order can no longer be cancelled", () =>
  follow(
    [sell(1, 10, 100), "1 rests: sell 10 at 100", "| 10@100"],
    [buy(2, 10, 100), "1 and 2 trade 10 at 100, 0 and 0 left", "|"],
    [cancel(1), "1 cancel_rejected: unknown_order", "|"],
  ));

test("a filled order can no longer be modified", () =>
  follow(
    [sell(1, 10, 100), "1 rests: sell 10 at 100", "| 10@100"],
    [buy(2, 10, 100), "1 and 2 trade 10 at 100, 0 and 0 left", "|"],
    [modify(1, 5, 101), "1 replace_rejected: unknown_order", "|"],
  ));

test("a cancelled order can be neither cancelled again nor modified", () =>
  follow(
    [buy(1, 10, 100), "1 rests: buy 10 at 100", "10@100 |"],
    [cancel(1), "1 cancelled 10: requested", "|"],
    [cancel(1), "1 cancel_rejected: unknown_order", "|"],
    [modify(1, 5, 101), "1 replace_rejected: unknown_order", "|"],
  ));

test("an unknown id can be neither cancelled nor modified", () =>
  follow(
    [cancel(999), "999 cancel_rejected: unknown_order", "|"],
    [modify(999, 5, 100), "999 replace_rejected: unknown_order", "|"],
  ));

test("an id far above those in use is unknown", () =>
  follow([cancel(2_000_000), "2000000 cancel_rejected: unknown_order", "|"]));

test("the id of a cancelled order may be used again, also on the other side", () =>
  follow(
    [buy(1, 10, 100), "1 rests: buy 10 at 100", "10@100 |"],
    [cancel(1), "1 cancelled 10: requested", "|"],
    [sell(1, 10, 200), "1 rests: sell 10 at 200", "| 10@200"],
    [buy(2, 10, 200, IOC), "1 and 2 trade 10 at 200, 0 and 0 left", "|"],
  ));

test("the id of a filled order may be used again at once", () =>
  follow(
    [buy(1, 10, 100), "1 rests: buy 10 at 100", "10@100 |"],
    [sell(2, 10, 100), "1 and 2 trade 10 at 100, 0 and 0 left", "|"],
    [sell(1, 10, 200), "1 rests: sell 10 at 200", "| 10@200"],
    [buy(3, 10, 200, IOC), "1 and 3 trade 10 at 200, 0 and 0 left", "|"],
  ));

test("a modify to a crossing price trades instead of crossing the book", () =>
  follow(
    [sell(1, 10, 100), "1 rests: sell 10 at 100", "| 10@100"],
    [buy(2, 10, 99), "2 rests: buy 10 at 99", "10@99 | 10@100"],
    [
      modify(2, 10, 100),
      ["2 replaced: 10 open at 100, to the back", "1 and 2 trade 10 at 100, 0 and 0 left"],
      "|",
    ],
  ));

test("a modify beyond the other side's best price trades at that price, on both sides", () =>
  follow(
    [sell(1, 10, 100), "1 rests: sell 10 at 100", "| 10@100"],
    [buy(2, 10, 90), "2 rests: buy 10 at 90", "10@90 | 10@100"],
    [
      modify(2, 10, 105),
      ["2 replaced: 10 open at 105, to the back", "1 and 2 trade 10 at 100, 0 and 0 left"],
      "|",
    ],
    [buy(3, 10, 200), "3 rests: buy 10 at 200", "10@200 |"],
    [sell(4, 10, 210), "4 rests: sell 10 at 210", "10@200 | 10@210"],
    [
      modify(4, 10, 195),
      ["4 replaced: 10 open at 195, to the back", "3 and 4 trade 10 at 200, 0 and 0 left"],
      "|",
    ],
  ));

test("the remainder of a partly filled order can be modified and is then filled exactly", () =>
  follow(
    [sell(1, 10, 100), "1 rests: sell 10 at 100", "| 10@100"],
    [buy(2, 4, 100), "1 and 2 trade 4 at 100, 6 and 0 left", "| 6@100"],
    [
      modify(1, 6, 101),
      ["1 replaced: 6 open at 101, to the back", "1 rests: sell 6 at 101"],
      "| 6@101",
    ],
    [buy(3, 6, 101, IOC), "1 and 3 trade 6 at 101, 0 and 0 left", "|"],
  ));

test("the next bid is the best at once when the best is cancelled", () =>
  follow(
    [buy(1, 10, 100), "1 rests: buy 10 at 100", "10@100 |"],
    [buy(2, 7, 99), "2 rests: buy 7 at 99", "10@100 7@99 |"],
    [cancel(1), "1 cancelled 10: requested", "7@99 |"],
    [sell(3, 7, 99, IOC), "2 and 3 trade 7 at 99, 0 and 0 left", "|"],
  ));

test("the next ask is the best at once when the best is cancelled", () =>
  follow(
    [sell(1, 10, 100), "1 rests: sell 10 at 100", "| 10@100"],
    [sell(2, 7, 101), "2 rests: sell 7 at 101", "| 10@100 7@101"],
    [cancel(1), "1 cancelled 10: requested", "| 7@101"],
    [buy(3, 7, 101, IOC), "2 and 3 trade 7 at 101, 0 and 0 left", "|"],
  ));

test("a side that a cancel emptied fills again", () =>
  follow(
    [buy(1, 10, 100), "1 rests: buy 10 at 100", "10@100 |"],
    [cancel(1), "1 cancelled 10: requested", "|"],
    [buy(2, 8, 95), "2 rests: buy 8 at 95", "8@95 |"],
    [sell(3, 8, 95, IOC), "2 and 3 trade 8 at 95, 0 and 0 left", "|"],
  ));
