import assert from "node:assert/strict";
import { test } from "node:test";
import { type BookMessage, checksumOf, type DepthMessage, type Level } from "./book.ts";
import { type BookState, KeptBook } from "./kept-book.ts";

const orderbook = (seq: number, bids: readonly Level[]): BookMessage => ({
  ...{ type: "orderbook", symbol: "AAPL", seq, bids, asks: [] },
  checksum: checksumOf({ bids, asks: [] }),
});

const depth = (seq: number, bids: readonly Level[], after: readonly Level[]): DepthMessage => ({
  ...{ type: "depth", symbol: "AAPL", first_seq: seq, last_seq: seq, bids, asks: [] },
  checksum: checksumOf({ bids: after, asks: [] }),
});

/** A book whose reads over HTTP are answered by hand. */
const setUp = () => {
  const states: BookState[] = [];
  const reads: ((book: BookMessage) => void)[] = [];
  const kept = new KeptBook(
    () => new Promise((resolve) => reads.push(resolve)),
    (state) => states.push(state),
  );
  return { kept, states, reads };
};

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("the first orderbook makes the book live; a change before it is dropped", () => {
  const { kept, states } = setUp();
  kept.receive(depth(5, [["1.00", 1]], [["1.00", 1]]));
  assert.equal(kept.book, undefined);
  kept.receive(orderbook(7, [["1.00", 2]]));
  assert.deepEqual(states, ["live"]);
  assert.deepEqual(kept.book, { seq: 7, bids: [["1.00", 2]], asks: [] });
});

test("after a gap the book is read again, and changes that came meanwhile are applied to it", async () => {
  const { kept, reads } = setUp();
  kept.receive(orderbook(1, [["1.00", 2]]));
  kept.receive(depth(3, [["3.00", 3]], []));
  assert.equal(kept.state, "resyncing");
  kept.receive(
    depth(
      4,
      [["4.00", 4]],
      [
        ["4.00", 4],
        ["3.00", 3],
        ["1.00", 2],
      ],
    ),
  );
  reads[0]?.(
    orderbook(3, [
      ["3.00", 3],
      ["1.00", 2],
    ]),
  );
  await settled();
  assert.equal(kept.state, "live");
  assert.deepEqual(kept.book?.bids, [
    ["4.00", 4],
    ["3.00", 3],
    ["1.00", 2],
  ]);
});

test("after a wrong checksum the book is read again, too", async () => {
  const { kept, reads } = setUp();
  kept.receive(orderbook(1, []));
  kept.receive({ ...depth(2, [["1.00", 1]], []), checksum: 1 });
  assert.equal(kept.state, "resyncing");
  reads[0]?.(orderbook(2, [["1.00", 1]]));
  await settled();
  assert.deepEqual([kept.state, kept.book?.seq], ["live", 2]);
});

test("after a restart a late answer of an earlier read changes nothing", async () => {
  const { kept, reads } = setUp();
  kept.receive(orderbook(1, []));
  kept.receive(depth(9, [], []));
  kept.restart();
  reads[0]?.(orderbook(9, [["9.00", 9]]));
  await settled();
  assert.equal(kept.state, "waiting");
  kept.receive(orderbook(12, []));
  assert.deepEqual([kept.state, kept.book?.seq], ["live", 12]);
});
