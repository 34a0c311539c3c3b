import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import type { Ticker } from "../../../layers/domain/identifiers.ts";
import { EMPTY_DEPTH } from "../../../layers/domain/market/book-depth.ts";
import {
  applyEvent,
  type MarketBook,
  type MarketEvent,
} from "../../../layers/domain/market/market-event.ts";
import { money, shares } from "../../../layers/domain/units.ts";
import { EXTENDED_PROTOCOL, PROTOCOL } from "../protocol/cable.ts";
import type { Mode } from "../protocol/market-channel.ts";
import type { MessageBatch } from "../protocol/message-batch.ts";
import { changeOf } from "./changes.ts";
import { createMarketPublisher } from "./market-publisher.ts";
import type { MarketStatus } from "./market-status.ts";

const AAPL = "AAPL" as Ticker;
const at = new Date(0);

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => mock.timers.reset());

const market = () => {
  let book: MarketBook = { symbol: AAPL, seq: 0, depth: EMPTY_DEPTH, last: undefined, at };
  const sent: { readonly to: string; readonly batch: MessageBatch }[] = [];
  const events: MarketEvent[] = [];
  const publisher = createMarketPublisher({
    send: (to, batch) => sent.push({ to, batch }),
    epoch: () => "e1",
    bookOf: (symbol) => (symbol === AAPL ? book : undefined),
    eventsSince: (_symbol, seq) =>
      seq < 2 ? undefined : events.filter(({ firstSeq }) => firstSeq > seq),
  });
  const change = (price: number, quantity: number): void => {
    const before = book;
    const level = { price: money(BigInt(price)), quantity: shares(quantity) };
    const event: MarketEvent = {
      ...{ symbol: AAPL, firstSeq: before.seq + 1, lastSeq: before.seq + 1, trades: [], at },
      depth: { bids: [level], asks: [] },
    };
    const after = applyEvent(before, event);
    if (typeof after === "string") throw new Error(after);
    book = after;
    events.push(event);
    publisher.publish(after, changeOf(before, event));
  };
  const join = (to: string, mode: Mode = "normal", identifier: string = mode): void =>
    publisher.subscribe(
      to,
      {
        identifier,
        protocol: PROTOCOL,
        subscription: { symbols: [AAPL], mode },
        history: undefined,
      },
      () => {},
    );
  /** Subscribes with the extended protocol, having received the stream up to an offset. */
  const resume = (to: string, epoch: string, offset: number): void =>
    publisher.subscribe(
      to,
      {
        ...{ identifier: "x", protocol: EXTENDED_PROTOCOL },
        subscription: { symbols: [AAPL], mode: "normal" },
        history: new Map([["AAPL:normal", { epoch, offset }]]),
      },
      () => {},
    );
  const frames = (to: string) =>
    sent
      .filter((entry) => entry.to === to)
      .flatMap(({ batch }) => batch.messages.map(({ text }) => JSON.parse(text)));
  const received = (to: string) =>
    frames(to)
      .filter(({ message }) => message !== undefined)
      .map(({ message: { type, first_seq, last_seq, seq } }) =>
        type === "status" ? "status" : `${type} ${first_seq ?? seq}-${last_seq ?? seq}`,
      );
  return { publisher, sent, change, join, resume, frames, received };
};

test("all subscribers with the same identifier receive the same bytes", () => {
  const { sent, change, join } = market();
  join("a");
  join("b");
  sent.length = 0;
  change(1_000_000, 5);
  assert.deepEqual(
    sent.map(({ to }) => to),
    ["a", "b"],
  );
  assert.equal(sent[0]?.batch.messages.length, 3);
  assert.equal(sent[0]?.batch.all(), sent[1]?.batch.all());
});

test("a throttled subscriber receives the first change at once and the next ones joined", () => {
  const { change, join, received } = market();
  join("a", "throttled");
  for (const quantity of [1, 2, 3]) change(1_000_000, quantity);
  assert.deepEqual(received("a").slice(2), ["depth 1-1", "quote 1-1", "orderbook 1-1"]);
  mock.timers.tick(999);
  assert.equal(received("a").length, 5);
  mock.timers.tick(1);
  assert.deepEqual(received("a").slice(5), ["depth 2-3", "orderbook 3-3"]);
  mock.timers.tick(5_000);
  assert.equal(received("a").length, 7);
});

test("changes without a subscriber are not sent to the next subscriber", () => {
  const { publisher, change, join, received } = market();
  join("a", "throttled");
  change(1_000_000, 1);
  change(1_000_000, 2);
  publisher.removeConnection("a");
  change(1_000_000, 3);
  join("b", "throttled");
  change(1_010_000, 1);
  mock.timers.tick(1_000);
  assert.deepEqual(
    received("b").filter((text) => text.startsWith("depth")),
    ["depth 4-4"],
  );
});

test("a removed connection receives nothing more; the others do", () => {
  const { publisher, change, join, received } = market();
  join("a");
  join("b");
  publisher.removeConnection("a");
  publisher.removeConnection("a");
  change(1_000_000, 5);
  assert.equal(received("a").length, 2);
  assert.equal(received("b").length, 5);
});

test("a connection has at most twenty subscriptions, and may repeat the ones it has", () => {
  const { publisher, join } = market();
  for (let count = 0; count < 20; count += 1) {
    assert.equal(publisher.mayAdd("a", `${count}`), true);
    join("a", "normal", `${count}`);
  }
  assert.equal(publisher.mayAdd("a", "another"), false);
  assert.equal(publisher.mayAdd("a", "7"), true);
  assert.equal(publisher.mayAdd("b", "another"), true);
});

test("after a resync the whole book is sent at once, and nothing older after it", () => {
  const { publisher, change, join, received } = market();
  join("a", "throttled");
  change(1_000_000, 1);
  change(1_000_000, 2);
  publisher.resync({ symbol: AAPL, seq: 9, depth: EMPTY_DEPTH, last: undefined, at });
  assert.deepEqual(received("a").slice(5), ["quote 9-9", "orderbook 9-9"]);
  mock.timers.tick(2_000);
  assert.equal(received("a").length, 7);
});

test("a client that resumes receives what it missed as one change, and the next position", () => {
  const { change, resume, frames, received } = market();
  for (const quantity of [1, 2, 3, 4]) change(1_000_000, quantity);
  resume("a", "e1", 2);
  assert.deepEqual(received("a"), ["depth 3-4", "quote 4-4", "orderbook 4-4"]);
  const [depth, , , answer] = frames("a");
  assert.deepEqual([depth.stream_id, depth.epoch, depth.offset], ["AAPL:normal", "e1", 4]);
  assert.deepEqual(answer, { identifier: "x", type: "confirm_history" });
});

test("a client that resumes too late, or from another epoch, receives the reason and the whole book", () => {
  const { change, resume, frames, received } = market();
  for (const quantity of [1, 2, 3, 4]) change(1_000_000, quantity);
  resume("late", "e1", 1);
  resume("lost", "e0", 3);
  for (const to of ["late", "lost"]) {
    assert.deepEqual(received(to), ["quote 4-4", "orderbook 4-4"]);
    assert.equal(frames(to)[1].offset, 4);
    assert.equal(frames(to).at(-1).type, "reject_history");
  }
});

test("clients of the stock protocol receive no positions", () => {
  const { change, join, resume, frames } = market();
  join("stock", "normal", "x");
  resume("extended", "e1", 9);
  change(1_000_000, 5);
  const depth = (to: string) => frames(to).find(({ message }) => message?.type === "depth");
  assert.deepEqual(Object.keys(depth("stock")), ["identifier", "message"]);
  assert.deepEqual(Object.keys(depth("extended")), [
    ...["identifier", "message", "stream_id", "epoch", "offset"],
  ]);
  assert.deepEqual(depth("stock").message, depth("extended").message);
});

const statusAt = (second: number, level: "ok" | "halted"): MarketStatus => ({
  ...{ symbol: AAPL, level, reason: level === "ok" ? null : "trading_halted" },
  ...{ since: new Date(second * 1_000), at },
});

test("a halt that begins and ends between two reads of the status still causes a status message", () => {
  const { publisher, join, frames } = market();
  for (const _ of [1, 2]) publisher.publishStatus(statusAt(0, "ok"));
  join("a");
  publisher.publishStatus(statusAt(2, "ok"));
  const statuses = frames("a").filter(({ message }) => message?.type === "status");
  assert.deepEqual(
    statuses.map(({ message }) => message.level),
    ["ok"],
  );
});

test("a halt is sent once, and to every later subscriber", () => {
  const { publisher, join, received } = market();
  const halted = statusAt(1, "halted");
  const ok = statusAt(0, "ok");
  join("a");
  for (const status of [ok, halted, halted]) publisher.publishStatus(status);
  join("b");
  publisher.publishStatus(statusAt(2, "ok"));
  join("c");
  const count = (to: string) => received(to).filter((text) => text === "status").length;
  assert.deepEqual(["a", "b", "c"].map(count), [2, 2, 0]);
});
