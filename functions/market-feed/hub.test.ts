import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { EMPTY_DEPTH } from "../../layers/domain/book-depth.ts";
import type { Ticker } from "../../layers/domain/identifiers.ts";
import { applyEvent, type MarketBook } from "../../layers/domain/market-event.ts";
import { money, shares } from "../../layers/domain/units.ts";
import { changeOf } from "./changes.ts";
import { createHub } from "./hub.ts";
import type { Mode } from "./market-channel.ts";

const AAPL = "AAPL" as Ticker;
const at = new Date(0);

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => mock.timers.reset());

const market = () => {
  let book: MarketBook = { symbol: AAPL, seq: 0, depth: EMPTY_DEPTH, last: undefined, at };
  const sent: { readonly to: string; readonly data: Buffer }[] = [];
  const hub = createHub({
    send: (to, { data }) => sent.push({ to, data }),
    bookOf: (symbol) => (symbol === AAPL ? book : undefined),
  });
  const change = (price: number, quantity: number): void => {
    const before = book;
    const level = { price: money(BigInt(price)), quantity: shares(quantity) };
    const event = {
      ...{ symbol: AAPL, firstSeq: before.seq + 1, lastSeq: before.seq + 1, trades: [], at },
      depth: { bids: [level], asks: [] },
    };
    const after = applyEvent(before, event);
    if (typeof after === "string") throw new Error(after);
    book = after;
    hub.publish(after, changeOf(before, event));
  };
  const join = (to: string, mode: Mode = "normal", identifier: string = mode): boolean =>
    hub.subscribe(to, identifier, { symbols: [AAPL], mode }, () => {});
  const heard = (to: string) =>
    sent
      .filter((frame) => frame.to === to)
      .map(({ data }) => JSON.parse(data.toString()).message)
      .map(
        ({ type, first_seq, last_seq, seq }) => `${type} ${first_seq ?? seq}-${last_seq ?? seq}`,
      );
  return { hub, sent, change, join, heard };
};

test("everybody who gave the same identifier receives the very same bytes", () => {
  const { sent, change, join } = market();
  join("a");
  join("b");
  sent.length = 0;
  change(1_000_000, 5);
  const [toA, toB] = ["a", "b"].map((to) => sent.filter((frame) => frame.to === to));
  assert.equal(toA?.length, 3);
  assert.ok(toA?.every(({ data }, index) => data === toB?.[index]?.data));
});

test("a throttled listener hears the first change at once and the next ones together", () => {
  const { change, join, heard } = market();
  join("a", "throttled");
  for (const quantity of [1, 2, 3]) change(1_000_000, quantity);
  assert.deepEqual(heard("a").slice(2), ["depth 1-1", "quote 1-1", "orderbook 1-1"]);
  mock.timers.tick(999);
  assert.equal(heard("a").length, 5);
  mock.timers.tick(1);
  assert.deepEqual(heard("a").slice(5), ["depth 2-3", "orderbook 3-3"]);
  mock.timers.tick(5_000);
  assert.equal(heard("a").length, 7);
});

test("changes that nobody waited for are not told to the next who comes", () => {
  const { hub, change, join, heard } = market();
  join("a", "throttled");
  change(1_000_000, 1);
  change(1_000_000, 2);
  hub.drop("a");
  change(1_000_000, 3);
  join("b", "throttled");
  change(1_010_000, 1);
  mock.timers.tick(1_000);
  assert.deepEqual(
    heard("b").filter((text) => text.startsWith("depth")),
    ["depth 4-4"],
  );
});

test("a connection that is dropped receives nothing more; the others do", () => {
  const { hub, change, join, heard } = market();
  join("a");
  join("b");
  hub.drop("a");
  hub.drop("a");
  change(1_000_000, 5);
  assert.equal(heard("a").length, 2);
  assert.equal(heard("b").length, 5);
});

test("a connection has at most twenty subscriptions, and may repeat the ones it has", () => {
  const { join } = market();
  for (let count = 0; count < 20; count += 1) assert.equal(join("a", "normal", `${count}`), true);
  assert.equal(join("a", "normal", "one more"), false);
  assert.equal(join("a", "normal", "7"), true);
  assert.equal(join("b", "normal", "one more"), true);
});

test("after a resync the whole book is said at once, and nothing older after it", () => {
  const { hub, change, join, heard } = market();
  join("a", "throttled");
  change(1_000_000, 1);
  change(1_000_000, 2);
  hub.resync({ symbol: AAPL, seq: 9, depth: EMPTY_DEPTH, last: undefined, at });
  assert.deepEqual(heard("a").slice(5), ["quote 9-9", "orderbook 9-9"]);
  mock.timers.tick(2_000);
  assert.equal(heard("a").length, 7);
});
