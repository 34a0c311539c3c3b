import assert from "node:assert/strict";
import { test } from "node:test";
import { createOutbox, HOLD_BYTES, OVERFLOW_BYTES } from "./outbox.ts";

/** A socket whose reader takes nothing until told to. */
const stuckSocket = () => {
  const buffered: { text: string; bytes: number; done: () => void }[] = [];
  const taken: string[] = [];
  return {
    taken,
    get bufferedAmount() {
      return buffered.reduce((sum, { bytes }) => sum + bytes, 0);
    },
    send: (data: Buffer, _options: object, done: () => void) => {
      buffered.push({ text: data.toString().slice(0, 20), bytes: data.length, done });
    },
    read: () => {
      for (let next = buffered.shift(); next !== undefined; next = buffered.shift()) {
        taken.push(next.text);
        next.done();
      }
    },
  };
};

const big = (name: string, bytes: number) => ({ data: Buffer.from(name.padEnd(bytes, ".")) });

test("a reader that keeps up gets everything in order", () => {
  const socket = stuckSocket();
  const send = createOutbox(socket, () => assert.fail("overflow"));
  for (const name of ["one", "two", "three"]) send({ data: Buffer.from(name), slot: "quote" });
  socket.read();
  assert.deepEqual(socket.taken, ["one", "two", "three"]);
});

test("a slow reader gets every trade, but of the quotes only the last", () => {
  const socket = stuckSocket();
  const send = createOutbox(socket, () => assert.fail("overflow"));
  send(big("trade 1", HOLD_BYTES + 1));
  for (let count = 1; count <= 1_000; count += 1) {
    send({ data: Buffer.from(`quote ${count}`), slot: "quote AAPL" });
    send({ data: Buffer.from(`book ${count}`), slot: "book AAPL" });
  }
  send({ data: Buffer.from("trade 2") });
  assert.ok(socket.bufferedAmount < HOLD_BYTES + 100);
  socket.read();
  assert.deepEqual(
    socket.taken.map((text) => text.replace(/\.+$/, "")),
    ["trade 1", "trade 2", "quote 1000", "book 1000"],
  );
});

test("a reader that stays over its buffer overflows, and costs no more than the buffer", () => {
  const socket = stuckSocket();
  let overflows = 0;
  const send = createOutbox(socket, () => {
    overflows += 1;
  });
  for (let count = 0; count < 1_000; count += 1) send(big("trade", 1_000));
  assert.ok(overflows > 0);
  assert.ok(socket.bufferedAmount <= OVERFLOW_BYTES);
});

test("one message may be larger than the buffer when nothing waits before it", () => {
  const socket = stuckSocket();
  const send = createOutbox(socket, () => assert.fail("overflow"));
  send(big("book", OVERFLOW_BYTES * 2));
  socket.read();
  assert.equal(socket.taken.length, 1);
});
