import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ticker } from "../identifiers.ts";
import { money, shares } from "../units.ts";
import { EMPTY_DEPTH } from "./book-depth.ts";
import { applyEvent, type MarketBook, type MarketEvent } from "./market-event.ts";
import { quoteOf } from "./quote.ts";

const symbol = "AAPL" as Ticker;
const at = new Date(0);
const book: MarketBook = { symbol, seq: 10, depth: EMPTY_DEPTH, last: money(5n), at };
const event: MarketEvent = {
  ...{ symbol, firstSeq: 11, lastSeq: 13, trades: [], at: new Date(1) },
  depth: { bids: [{ price: money(1_000_100n), quantity: shares(3) }], asks: [] },
};

test("the next event is applied, and the book has its last number", () => {
  assert.deepEqual(applyEvent(book, event), {
    ...{ symbol, seq: 13, depth: event.depth, last: 5n, at: new Date(1) },
  });
});

test("an event that the book already contains is old, and one that does not follow is a gap", () => {
  assert.equal(applyEvent(book, { ...event, firstSeq: 9, lastSeq: 10 }), "old");
  assert.equal(applyEvent(book, { ...event, firstSeq: 12 }), "gap");
  assert.equal(applyEvent(book, { ...event, firstSeq: 9, lastSeq: 13 }), "gap");
});

test("the mid price is rounded down to a ten-thousandth, and is missing when a side is empty", () => {
  const bid = { price: money(1_000_100n), quantity: shares(1) };
  const ask = { price: money(1_000_201n), quantity: shares(1) };
  assert.deepEqual(quoteOf({ bids: [bid], asks: [ask] }, undefined), {
    ...{ bid: 1_000_100n, ask: 1_000_201n, mid: 1_000_150n, last: undefined },
  });
  assert.equal(quoteOf({ bids: [bid], asks: [] }, undefined).mid, undefined);
});
