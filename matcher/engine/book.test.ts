import assert from "node:assert/strict";
import { test } from "node:test";
import { apply, createBook, depth } from "./book.ts";
import { hash } from "./hash.ts";
import type { Place } from "./protocol.ts";
import { restore, snapshot } from "./snapshot.ts";

const limit = (order: number, side: "buy" | "sell", quantity: number, price: number): Place => ({
  type: "place",
  order,
  owner: order,
  side,
  orderType: "limit",
  quantity,
  price,
  timeInForce: "DAY",
  postOnly: false,
  selfTradePrevention: "expire_taker",
});

test("a buyer who pays more than the seller asks trades at the seller's price", () => {
  const book = createBook();
  apply(book, limit(1, "sell", 5, 99));
  const events = apply(book, limit(2, "buy", 8, 101));
  assert.deepEqual(events.slice(1), [
    {
      type: "traded",
      maker: 1,
      taker: 2,
      takerSide: "buy",
      price: 99,
      quantity: 5,
      makerOpen: 0,
      takerOpen: 3,
    },
    { type: "rested", order: 2, side: "buy", price: 101, quantity: 3 },
  ]);
  assert.deepEqual(depth(book, "buy", 5), [[101, 3]]);
  assert.equal(book.quantityAt("buy", 101), 3);
  assert.equal(book.lastPrice, 99);
});

test("a restored book equals the original", () => {
  const book = createBook();
  apply(book, limit(1, "sell", 5, 99));
  apply(book, limit(2, "sell", 6, 99));
  const copy = restore(snapshot(book));
  assert.equal(hash(copy), hash(book));
  assert.deepEqual(apply(copy, limit(3, "buy", 7, 99)), apply(book, limit(3, "buy", 7, 99)));
});
