import assert from "node:assert/strict";
import { after, test } from "node:test";
import { testDatabase } from "../../layers/testing/database.ts";
import { closeOf } from "../../layers/testing/hostile-client.ts";
import { identify, startFeed } from "./feed-client.ts";
import { createObserver, frame, openSocket } from "./hostile-feed.ts";
import { createMarketWriter, eventually } from "./market-writer.ts";

// Frames that no correct client sends. After each, another client still receives every change.

const database = await testDatabase();
const writer = await createMarketWriter(database, ["AAPL"]);
const feed = await startFeed(database.url);
after(() => feed.stop());
const observer = await createObserver(feed, writer);
after(observer.leave);

const FATAL: Readonly<Record<string, Buffer>> = {
  "text that is not UTF-8": frame(0x81, Buffer.from([0xc3, 0x28, 0xff])),
  "a reserved opcode": frame(0x83, "x"),
  "a reserved bit": frame(0xc1, "x"),
  "a frame without a mask": Buffer.from([0x81, 1, 0x78]),
  "a frame over the limit": frame(0x81, "x".repeat(5_000)),
  "a frame that claims an exabyte": Buffer.from([
    0x81, 0xff, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  ]),
  "a fragmented ping": frame(0x09, "x"),
  "a continuation of nothing": frame(0x80, "x"),
  "a close with a forbidden code": frame(0x88, Buffer.from([0x03, 0xed])),
  "fragments without end": Buffer.concat([
    frame(0x01, "x"),
    ...Array.from({ length: 40 }, () => frame(0x00, "x")),
  ]),
};

for (const [name, bytes] of Object.entries(FATAL))
  test(`${name} ends only the connection that sent it`, async () => {
    const { socket } = await openSocket(feed.port);
    const closed = closeOf(socket);
    socket.write(bytes);
    await closed;
    await observer.stillReceives();
  });

const ODD_TEXTS = [
  ...["hello", "", "null", "[]", '"x"', "1e999", "{", "{}", '{"command":null}'],
  ...['{"command":{}}', '{"command":"constructor","identifier":"x"}', '{"command":"subscribe"}'],
  ...['{"command":"__proto__","identifier":"x"}', '{"command":"$connect","identifier":"x"}'],
  ...['{"command":"unsubscribe","identifier":"never"}', `${"[".repeat(2_000)}${"]".repeat(2_000)}`],
  ...[`{"command":"subscribe","identifier":"${"x".repeat(2_000)}"}`],
  ...['{"command":"message","identifier":"x","data":"y"}', '{"toString":1,"command":"subscribe"}'],
];

test("unusual texts do not end the connection", async () => {
  const { socket, received } = await openSocket(feed.port);
  for (const text of ODD_TEXTS) socket.write(frame(0x81, text));
  socket.write(frame(0x82, '{"command":"subscribe"}'));
  const identifier = identify(["AAPL"]);
  socket.write(frame(0x81, JSON.stringify({ command: "subscribe", identifier })));
  await eventually("the book", () => received().includes('"type":"orderbook"'));
  assert.ok(!received().includes("disconnect"));
  socket.destroy();
  await observer.stillReceives();
});

test("a client that floods the feed is disconnected with the reason", async () => {
  const { socket, received } = await openSocket(feed.port);
  const closed = closeOf(socket);
  for (let count = 0; count < 300; count += 1) socket.write(frame(0x81, "{}"));
  await closed;
  assert.ok(received().includes('"reason":"invalid_request","reconnect":false'));
  await observer.stillReceives();
});

test("a client that resets its connection after each frame affects no other client", async () => {
  const identifier = identify(["AAPL"]);
  const subscribe = frame(0x81, JSON.stringify({ command: "subscribe", identifier }));
  const states: readonly Buffer[] = [
    Buffer.alloc(0),
    subscribe.subarray(0, 1),
    subscribe.subarray(0, 20),
    subscribe,
    frame(0x89, "ping"),
    frame(0x88, Buffer.from([0x03, 0xe8])),
  ];
  for (const bytes of states) {
    const { socket } = await openSocket(feed.port);
    const closed = closeOf(socket);
    socket.pause(); // what the feed sends stays unread, so that it sees the reset
    socket.write(bytes);
    socket.resetAndDestroy();
    await closed;
    await observer.stillReceives();
  }
  await observer.isAlone();
});

test("a client that only ends its sending side is disconnected", async () => {
  const { socket } = await openSocket(feed.port);
  const closed = closeOf(socket);
  socket.end();
  await closed;
  await observer.isAlone();
});
