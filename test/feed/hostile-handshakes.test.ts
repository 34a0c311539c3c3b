import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { after, test } from "node:test";
import { testDatabase } from "../../layers/testing/database.ts";
import {
  closeOf,
  MALFORMED_REQUESTS,
  openTcp,
  resetInEveryState,
  sendAndEnd,
} from "../../layers/testing/hostile-client.ts";
import { until } from "../../layers/testing/until.ts";
import { connectRaw, identify, startFeed } from "./feed-client.ts";
import { createObserver, frame, handshake, openSocket, openSockets } from "./hostile-feed.ts";
import { createMarketWriter, eventually } from "./market-writer.ts";

// Requests and handshakes that no correct client sends. After each, another client still receives
// every change.

const database = await testDatabase();
const writer = await createMarketWriter(database, ["AAPL"]);
const feed = await startFeed(database.url, { FEED_MAX_CONNECTIONS: "60" });
after(() => feed.stop());
const observer = await createObserver(feed, writer);
after(observer.leave);

for (const [name, bytes] of Object.entries(MALFORMED_REQUESTS))
  test(`${name} is refused, and the feed keeps running`, async () => {
    assert.doesNotMatch(await sendAndEnd(feed.port, bytes), /^HTTP\/1\.1 (1|2|5)\d\d/);
    await observer.stillReceives();
  });

test("clients that reset the connection at any moment of a request or handshake leave nothing open", async () => {
  const get = "GET /api/v1/instruments HTTP/1.1\r\nHost: x\r\n\r\n";
  const post = "POST /api/v1/market/tickets HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{";
  let resets = 0;
  for (const request of [get, post, await handshake(), (await handshake()).replace("/cable", "//")])
    resets += await resetInEveryState(feed.port, request);
  assert.equal(resets, 40);
  await observer.stillReceives();
  await observer.isAlone();
});

test("two clients with the same key are two clients", async () => {
  const key = `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`;
  const [first, second] = [await openSocket(feed.port, [key]), await openSocket(feed.port, [key])];
  first.socket.destroy();
  await until(async () => (await openSockets(feed.port)) === 2, "the end of the first one");
  const identifier = identify(["AAPL"]);
  second.socket.write(frame(0x81, JSON.stringify({ command: "subscribe", identifier })));
  await eventually("the book", () => second.received().includes('"type":"orderbook"'));
  second.socket.destroy();
});

test("unusual keys and headers are refused or ignored", async () => {
  for (const key of ["constructor", "__proto__", "", "a".repeat(300)]) {
    const { socket, received } = await openTcp(feed.port);
    const closed = closeOf(socket);
    socket.write(await handshake([`Sec-WebSocket-Key: ${key}`]));
    await closed;
    assert.match(received(), /^HTTP\/1\.1 400 /);
  }
  const odd = ["Set-Cookie: a=b", "Set-Cookie: c=d", "Cookie: x", "constructor: x", "__proto__: y"];
  (await openSocket(feed.port, odd)).socket.destroy();
  await observer.stillReceives();
});

test("no client can post to a connection over HTTP", async () => {
  const base = `http://127.0.0.1:${feed.port}`;
  for (const path of ["/%40connections/constructor", "/@connections/x", "/cable"]) {
    const reply = await fetch(`${base}${path}`, { method: "POST", body: "{}" });
    assert.equal(reply.status, 404);
    await reply.body?.cancel();
  }
  await observer.stillReceives();
});

test("handshakes that are never finished, or left at once, leave nothing open", async () => {
  const halfOpen = await Promise.all(Array.from({ length: 100 }, () => openTcp(feed.port)));
  for (const { socket } of halfOpen) socket.write("GET /cable HTTP/1.1\r\nHost: x\r\n");
  const complete = await handshake();
  for (let count = 0; count < 100; count += 1) {
    const { socket } = await openTcp(feed.port);
    socket.write(complete);
    socket.resetAndDestroy();
  }
  await observer.stillReceives();
  await observer.isAlone();
  for (const { socket } of halfOpen) socket.destroy();
});

test("three thousand clients that send nothing, or half a request, block no other client", async (t) => {
  const crowded = await startFeed(database.url);
  const memoryMb = async (): Promise<number> => {
    const metrics = await (await fetch(`http://127.0.0.1:${crowded.port}/metrics`)).text();
    return Number(/^process_resident_memory_bytes (\S+)$/m.exec(metrics)?.[1]) / 2 ** 20;
  };
  const early = await connectRaw(crowded.port);
  early.subscribe(identify(["AAPL"]));
  await eventually("the book", () => early.messages().length === 2);
  const before = await memoryMb();
  const idle: Socket[] = [];
  let closed = 0;
  while (idle.length < 3_000) {
    const opened = await Promise.all(Array.from({ length: 100 }, () => openTcp(crowded.port)));
    for (const [index, { socket }] of opened.entries()) {
      socket.once("close", () => {
        closed += 1;
      });
      if (index % 2 === 0) socket.write("GET /cable?token=x HTTP/1.1\r\nUpgrade: websocket\r\n");
      idle.push(socket);
    }
  }
  const openAtOnce = idle.length - closed;
  const late = await connectRaw(crowded.port);
  late.subscribe(identify(["AAPL"]));
  const seq = await writer.tick("AAPL");
  const receives = ({ messages }: typeof late) =>
    messages().some((message) => message.last_seq === seq || message.seq === seq);
  await eventually("the change", () => receives(early) && receives(late));
  const grownMb = (await memoryMb()) - before;
  await until(() => closed === idle.length, "the end of all idle connections");
  t.diagnostic(`${openAtOnce} at once, ${grownMb.toFixed(0)} MB`);
  assert.ok(openAtOnce > 2_000, `only ${openAtOnce} were open at once`);
  assert.ok(grownMb < 100, `grown by ${grownMb} MB`);
  assert.ok(!early.frames.some(({ type }) => type === "disconnect"));
  for (const { socket } of [early, late]) socket.terminate();
  await crowded.stop();
});

test("a full feed refuses a new client with 503, and accepts it when another has left", async () => {
  const clients = await Promise.all(Array.from({ length: 59 }, () => connectRaw(feed.port)));
  const complete = await handshake();
  const refused = await sendAndEnd(feed.port, complete);
  assert.match(refused, /^HTTP\/1\.1 503 .*Retry-After: 1/s);
  clients[0]?.socket.terminate();
  await until(async () => {
    const { socket, received } = await openTcp(feed.port);
    socket.write(complete);
    await eventually("a response", () => received().includes("\r\n\r\n"));
    socket.destroy();
    return received().startsWith("HTTP/1.1 101");
  }, "the place of the client that left");
  for (const client of clients) client.socket.terminate();
});
