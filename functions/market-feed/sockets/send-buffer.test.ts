import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { createMessageBatch, type MessageBatch } from "../protocol/message-batch.ts";
import { createSendBuffer, HOLD_BACK_BYTES, OVERFLOW_BYTES } from "./send-buffer.ts";

/** A socket whose reader reads nothing until the test allows it. */
const stuckSocket = () => {
  const buffered: Buffer[] = [];
  const taken: string[] = [];
  const events = new EventEmitter();
  return {
    taken,
    get writableLength() {
      return buffered.reduce((sum, { length }) => sum + length, 0);
    },
    on: (name: string, listener: () => void) => events.on(name, listener),
    write: (bytes: Buffer) => buffered.push(bytes) === 0,
    read: () => {
      for (let next = buffered.shift(); next !== undefined; next = buffered.shift()) {
        taken.push(...textsOf(next));
        if (buffered.length === 0) events.emit("drain");
      }
    },
  } as unknown as Parameters<typeof createSendBuffer>[0] & { taken: string[]; read: () => void };
};

/** The texts of complete frames. */
const textsOf = (bytes: Buffer): readonly string[] => {
  if (bytes.length === 0) return [];
  assert.equal(bytes[0], 0x81);
  const code = bytes[1] ?? 0;
  const head = code < 126 ? 2 : code === 126 ? 4 : 10;
  const size =
    head === 2 ? code : head === 4 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  const text = bytes.subarray(head, head + size).toString();
  return [text.replace(/\.+$/, ""), ...textsOf(bytes.subarray(head + size))];
};

const big = (name: string, bytes: number): MessageBatch =>
  createMessageBatch([{ text: name.padEnd(bytes, ".") }]);
const small = (text: string, slot?: string): MessageBatch =>
  createMessageBatch([slot === undefined ? { text } : { text, slot }]);

test("a reader that keeps up gets everything in order", () => {
  const socket = stuckSocket();
  const send = createSendBuffer(socket, () => assert.fail("overflow"));
  for (const name of ["one", "two", "three"]) send(small(name, "quote"));
  socket.read();
  assert.deepEqual(socket.taken, ["one", "two", "three"]);
});

test("messages of every length are framed so that they can be read", () => {
  const socket = stuckSocket();
  const send = createSendBuffer(socket, () => assert.fail("overflow"));
  const texts = [0, 1, 125, 126, 127, 65_535, 65_536, 70_000].map((size) => "é".repeat(size / 2));
  send(createMessageBatch(texts.map((text) => ({ text }))));
  socket.read();
  assert.deepEqual(socket.taken, texts);
});

test("a slow reader receives every trade, but only the last quote", () => {
  const socket = stuckSocket();
  const send = createSendBuffer(socket, () => assert.fail("overflow"));
  send(big("trade 1", HOLD_BACK_BYTES + 1));
  for (let count = 1; count <= 1_000; count += 1)
    send(
      createMessageBatch([
        { text: `quote ${count}`, slot: "quote AAPL" },
        { text: `book ${count}`, slot: "book AAPL" },
      ]),
    );
  send(createMessageBatch([{ text: "trade 2" }, { text: "quote 1001", slot: "quote AAPL" }]));
  assert.ok(socket.writableLength < HOLD_BACK_BYTES + 100);
  socket.read();
  socket.read();
  assert.deepEqual(socket.taken, ["trade 1", "trade 2", "book 1000", "quote 1001"]);
});

test("a quote that was held back is not sent after a newer one", () => {
  const socket = stuckSocket();
  const send = createSendBuffer(socket, () => assert.fail("overflow"));
  send(big("trade 1", HOLD_BACK_BYTES + 1));
  send(small("quote 1", "quote AAPL"));
  socket.read();
  send(small("quote 2", "quote AAPL"));
  socket.read();
  socket.read();
  assert.deepEqual(socket.taken, ["trade 1", "quote 1", "quote 2"]);
});

test("a reader that does not read overflows, and never uses more than the buffer", () => {
  const socket = stuckSocket();
  let overflows = 0;
  const send = createSendBuffer(socket, () => {
    overflows += 1;
  });
  for (let count = 0; count < 1_000; count += 1) send(big("trade", 1_000));
  assert.ok(overflows > 0);
  assert.ok(socket.writableLength <= OVERFLOW_BYTES);
});

test("a single message may be larger than the buffer when nothing waits before it", () => {
  const socket = stuckSocket();
  const send = createSendBuffer(socket, () => assert.fail("overflow"));
  send(big("book", OVERFLOW_BYTES * 2));
  socket.read();
  assert.equal(socket.taken.length, 1);
});
