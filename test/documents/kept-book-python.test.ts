import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { WebSocketServer } from "ws";
import { until } from "../../layers/testing/until.ts";
import { checksumOf, type Level } from "../../sdk/index.ts";
import { ROOT } from "../support/doc-page.ts";
import { findPython } from "./python.ts";

// The order book of docs/examples/kept_book.py, on a feed that makes mistakes.

const python = findPython();
const skip = "missing" in python && python.missing;

const BIDS: readonly Level[] = [["99.00", 10]];
const ASKS: readonly Level[] = [["101.00", 10]];
const book = (seq: number) => ({
  ...{ type: "orderbook", seq, bids: BIDS, asks: ASKS },
  checksum: checksumOf({ bids: BIDS, asks: ASKS }),
});
const depth = (seq: number, checksum: number) => ({
  ...{ type: "depth", first_seq: seq, last_seq: seq, bids: [["99.50", 5]], asks: [], checksum },
});
const AFTER_DEPTH = checksumOf({ bids: [["99.50", 5], ...BIDS], asks: ASKS });

/** What the feed sends after each subscription, and undefined where it breaks the connection. */
const ANSWERS = [
  [book(1), depth(2, AFTER_DEPTH), depth(3, 12_345)],
  [book(3), depth(5, AFTER_DEPTH)],
  [book(5), undefined],
  [book(6), depth(7, AFTER_DEPTH)],
];

/** A short book of the earlier subscription, which arrives before the confirmation of the next. */
const LATE = {
  ...{ type: "orderbook", seq: 9, bids: [], asks: [] },
  checksum: checksumOf({ bids: [], asks: [] }),
};

const PROGRAM = `
import sys, time
from kept_book import KeptBook
book = KeptBook(sys.argv[1], lambda: "key", "AAPL", lambda text: print(text, flush=True))
while book.seq < 7:
    time.sleep(0.01)
print(book.levels)
`;

test("a book in Python starts again after a gap, a wrong checksum and a lost connection", {
  skip,
}, async () => {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  let subscriptions = 0;
  server.on("connection", (socket) => {
    socket.send(JSON.stringify({ type: "welcome" }));
    socket.on("message", (data) => {
      const { identifier } = JSON.parse(String(data));
      if (subscriptions === 1) socket.send(JSON.stringify({ identifier, message: LATE }));
      socket.send(JSON.stringify({ identifier, type: "confirm_subscription" }));
      for (const message of ANSWERS[subscriptions] ?? [])
        if (message === undefined) socket.terminate();
        else socket.send(JSON.stringify({ identifier, message }));
      subscriptions += 1;
    });
  });
  const address = server.address();
  const url = `ws://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  const child = spawn("path" in python ? python.path : "", ["-c", PROGRAM, url], {
    env: { ...process.env, PYTHONPATH: join(ROOT, "docs", "examples") },
  });
  let output = "";
  let hasEnded = false;
  child.once("close", () => {
    hasEnded = true;
  });
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      output += chunk;
    });
  try {
    await until(() => hasEnded, "the last book");
  } finally {
    child.kill();
    server.close();
  }
  assert.equal(subscriptions, 4, output);
  assert.match(output, /the checksum differs[\s\S]*a change is missing[\s\S]*feed lost/);
  assert.match(output, /\{'bids': \{'99.50': 5, '99.00': 10\}, 'asks': \{'101.00': 10\}\}/);
});
