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
import type { Parcel } from "../protocol/message-batch.ts";
import { changeOf } from "./changes.ts";
import { createHub } from "./market-publisher.ts";

const AAPL = "AAPL" as Ticker;
const at = new Date(0);

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => mock.timers.reset());

const market = () => {
  let book: MarketBook = { symbol: AAPL, seq: 0, depth: EMPTY_DEPTH, last: undefined, at };
  const sent: { readonly to: string; readonly parcel: Parcel }[] = [];
  const events: MarketEvent[] = [];
  const hub = createHub({
    send: (to, parcel) => sent.push({ to, parcel }),
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
    hub.publish(after, changeOf(before, event));
  };
  const join = (to: string, mode: Mode = "normal", identifier: string = mode): boolean =>
    hub.subscribe(
      to,
      { identifier, protocol: PROTOCOL, wanted: { symbols: [AAPL], mode }, history: undefined },
      () => {},
    );
  /** Joins in the words of the extended protocol, having seen the stream up to an offset. */
  const resume = (to: string, epoch: string, offset: number): boolean =>
    hub.subscribe(
      to,
      {
        ...{ identifier: "x", protocol: EXTENDED_PROTOCOL },
        wanted: { symbols: [AAPL], mode: "normal" },
        history: new Map([["AAPL:normal", { epoch, offset }]]),
      },
      () => {},
    );
  const frames = (to: string) =>
    sent
      .filter((entry) => entry.to === to)
      .flatMap(({ parcel }) => parcel.messages.map(({ text }) => JSON.parse(text)));
  const heard = (to: string) =>
    frames(to)
      .filter(({ message }) => message !== undefined)
      .map(({ message: { type, first_seq, last_seq, seq } }) =>
        type === "status" ? "status" : `${type} ${first_seq ?? seq}-${last_seq ?? seq}`,
      );
  return { hub, sent, change, join, resume, frames, heard };
};

test("everybody who gave the same identifier receives the very same bytes", () => {
  const { sent, change, join } = market();
  join("a");
  join("b");
  sent.length = 0;
  change(1_000_000, 5);
  assert.deepEqual(
    sent.map(({ to }) => to),
    ["a", "b"],
  );
  assert.equal(sent[0]?.parcel.messages.length, 3);
  assert.equal(sent[0]?.parcel.whole(), sent[1]?.parcel.whole());
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

test("who resumes hears all that it missed as one change, with the place to resume from next", () => {
  const { change, resume, frames, heard } = market();
  for (const quantity of [1, 2, 3, 4]) change(1_000_000, quantity);
  resume("a", "e1", 2);
  assert.deepEqual(heard("a"), ["depth 3-4", "quote 4-4", "orderbook 4-4"]);
  const [depth, , , answer] = frames("a");
  assert.deepEqual([depth.stream_id, depth.epoch, depth.offset], ["AAPL:normal", "e1", 4]);
  assert.deepEqual(answer, { identifier: "x", type: "confirm_history" });
});

test("who comes back too late, or from another epoch, is told so and given the whole book", () => {
  const { change, resume, frames, heard } = market();
  for (const quantity of [1, 2, 3, 4]) change(1_000_000, quantity);
  resume("late", "e1", 1);
  resume("lost", "e0", 3);
  for (const to of ["late", "lost"]) {
    assert.deepEqual(heard(to), ["quote 4-4", "orderbook 4-4"]);
    assert.equal(frames(to)[1].offset, 4);
    assert.equal(frames(to).at(-1).type, "reject_history");
  }
});

test("clients of the stock protocol are sent no places, in the same channel", () => {
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

test("a market that halts is told once, and told to whoever comes later", () => {
  const { hub, join, heard } = market();
  const halted = { symbol: AAPL, level: "halted", reason: "trading_halted", at } as const;
  const ok = { symbol: AAPL, level: "ok", reason: null, at } as const;
  join("a");
  for (const status of [ok, halted, halted]) hub.tellStatus(status);
  join("b");
  hub.tellStatus(ok);
  join("c");
  const count = (to: string) => heard(to).filter((text) => text === "status").length;
  assert.deepEqual(["a", "b", "c"].map(count), [2, 2, 0]);
});
