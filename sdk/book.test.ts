import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { applyDepth, applyView, type Book, bookFrom, checksumOf, type Level } from "./book.ts";
import { compareDecimals, formatDecimal, parseDecimal } from "./decimal.ts";

const levels = (...pairs: [string, number][]): readonly Level[] => pairs;

const BOOK: Book = {
  seq: 42,
  bids: levels(["100.99", 300], ["100.98", 1_200]),
  asks: levels(["101.01", 200], ["101.015", 50], ["102.00", 7]),
};

const depth = (first_seq: number, last_seq: number, bids: readonly Level[], after: Book) => ({
  ...{ type: "depth" as const, symbol: "AAPL", first_seq, last_seq, bids, asks: [] },
  checksum: checksumOf(after),
});

test("the checksums are those of the feed's documentation", () => {
  assert.equal(checksumOf(BOOK), 2_360_719_737);
  assert.equal(checksumOf({ bids: [], asks: [] }), 2_343_686_810);
});

test("a change sets, adds and removes levels and keeps the best price first", () => {
  const after = { ...BOOK, bids: levels(["101.00", 5], ["100.98", 1]) };
  const changes = levels(["100.99", 0], ["100.98", 1], ["101.00", 5]);
  const applied = applyDepth(BOOK, depth(43, 45, changes, after));
  assert.deepEqual(applied, { book: { ...after, seq: 45 } });
});

test("a change that the book already contains is ignored; a change after a gap and a wrong change are faults", () => {
  assert.deepEqual(applyDepth(BOOK, depth(40, 42, [], BOOK)), { book: BOOK });
  assert.deepEqual(applyDepth(BOOK, depth(44, 45, [], BOOK)), { fault: "gap" });
  const wrong = depth(43, 43, levels(["100.97", 1]), BOOK);
  assert.deepEqual(applyDepth(BOOK, wrong), { fault: "checksum" });
});

test("a view replaces the book only when it is newer, and is verified", () => {
  const view = { type: "orderbook" as const, symbol: "AAPL", ...BOOK, seq: 50, bids: [] };
  const checksum = checksumOf(view);
  assert.deepEqual(applyView(BOOK, { ...view, checksum, seq: 42 }), { book: BOOK });
  assert.deepEqual(applyView(BOOK, { ...view, checksum }), {
    book: { seq: 50, bids: [], asks: BOOK.asks },
  });
  assert.deepEqual(bookFrom({ ...view, checksum: checksum + 1 }), { fault: "checksum" });
});

test("changes applied in sequence give the book that a plain map gives", () => {
  const change = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 3 }));
  fc.assert(
    fc.property(fc.array(fc.array(change, { maxLength: 5 }), { maxLength: 40 }), (batches) => {
      const expected = new Map<string, number>();
      let book: Book = { seq: 0, bids: [], asks: [] };
      for (const batch of batches) {
        const changes = new Map(
          batch.map(([price, quantity]) => [formatDecimal(BigInt(price) * 10_000n), quantity]),
        );
        for (const [price, quantity] of changes)
          if (quantity === 0) expected.delete(price);
          else expected.set(price, quantity);
        const bids = [...expected].sort(([a], [b]) => compareDecimals(b, a));
        const seq = book.seq + 1;
        const applied = applyDepth(book, depth(seq, seq, [...changes], { ...book, bids }));
        assert.ok("book" in applied);
        book = applied.book;
        assert.deepEqual(book.bids, bids);
      }
    }),
  );
});

test("decimals are parsed by the API's grammar and printed as the API prints them", () => {
  assert.equal(parseDecimal("101.5"), 1_015_000n);
  assert.equal(parseDecimal("-0.0001"), -1n);
  for (const wrong of ["", "1e3", "+1", ".5", "1.", "1.00000", "0x1", "１"])
    assert.equal(parseDecimal(wrong), undefined, wrong);
  for (const text of ["0.00", "101.50", "101.015", "-3.0001", "9999999999999.9999"])
    assert.equal(formatDecimal(parseDecimal(text) ?? 0n), text);
  assert.ok(compareDecimals("9.00", "10.00") < 0);
});
