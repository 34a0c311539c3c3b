import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { after, test } from "node:test";
import { testDatabase } from "../../layers/testing/database.ts";
import { connectRaw, identify, startFeed, token } from "./feed-client.ts";
import { createVenue, eventually } from "./feed-venue.ts";

// Clients that mean harm, or are broken. After each, a bystander still hears every change.

const within = () => ({ signal: AbortSignal.timeout(10_000) });

const database = await testDatabase();
const venue = await createVenue(database, ["AAPL"]);
const feed = await startFeed(database.url, { FEED_MAX_CONNECTIONS: "60" });
after(() => feed.stop());

const bystander = await connectRaw(feed.port);
bystander.subscribe(identify(["AAPL"]));
await eventually("the book", () => bystander.messages().length === 2);
after(() => bystander.socket.terminate());

const bystanderStillHears = async (): Promise<void> => {
  const seq = await venue.tick("AAPL");
  await eventually("the change", () =>
    bystander.messages().some(({ last_seq }) => last_seq === seq),
  );
  assert.equal(feed.child.exitCode, null);
};

/** How many sockets the feed says are open. */
const gauge = async (): Promise<number> => {
  const metrics = await (await fetch(`http://127.0.0.1:${feed.port}/metrics`)).text();
  return Number(/^cable_connections (\d+)$/m.exec(metrics)?.[1]);
};

const gaugeBelow = async (limit: number): Promise<void> => {
  const deadline = Date.now() + 5_000;
  while ((await gauge()) >= limit) assert.ok(Date.now() < deadline, `never below ${limit}`);
};

/** A TCP connection that sends what it likes; closes of the other side are expected. */
const tcp = async (port = feed.port): Promise<Socket> => {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect", within());
  return socket;
};

const handshake = async (headers: readonly string[] = []): Promise<string> =>
  [
    `GET /cable?token=${await token()} HTTP/1.1`,
    "Host: feed",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    ...(headers.some((header) => /^sec-websocket-key/i.test(header))
      ? []
      : [`Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`]),
    ...headers,
    "\r\n",
  ].join("\r\n");

/** What the server answers, as text; frames are readable enough for these tests. */
const listen = (socket: Socket): (() => string) => {
  let heard = "";
  socket.on("data", (chunk: Buffer) => {
    heard += chunk.toString("latin1");
  });
  return () => heard;
};

const open = async (headers: readonly string[] = []) => {
  const socket = await tcp();
  const heard = listen(socket);
  socket.write(await handshake(headers));
  await eventually("welcome", () => heard().includes('{"type":"welcome"}'));
  return { socket, heard };
};

/** A client frame with a mask of zeros: the payload reads as it is. */
const frame = (firstByte: number, payload: Buffer | string): Buffer => {
  const body = Buffer.from(payload);
  const length =
    body.length < 126
      ? Buffer.from([0x80 | body.length])
      : Buffer.from([0x80 | 126, body.length >> 8, body.length & 0xff]);
  return Buffer.concat([Buffer.from([firstByte]), length, Buffer.alloc(4), body]);
};

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
    const { socket } = await open();
    const closed = once(socket, "close", within());
    socket.write(bytes);
    await closed;
    await bystanderStillHears();
  });

const HARMLESS = [
  ...["hello", "", "null", "[]", '"x"', "1e999", "{", "{}", '{"command":null}'],
  ...['{"command":{}}', '{"command":"constructor","identifier":"x"}', '{"command":"subscribe"}'],
  ...['{"command":"__proto__","identifier":"x"}', '{"command":"$connect","identifier":"x"}'],
  ...['{"command":"unsubscribe","identifier":"never"}', `${"[".repeat(2_000)}${"]".repeat(2_000)}`],
  ...[`{"command":"subscribe","identifier":"${"x".repeat(2_000)}"}`],
  ...['{"command":"message","identifier":"x","data":"y"}', '{"toString":1,"command":"subscribe"}'],
];

test("texts that are no commands are passed over, and the connection goes on", async () => {
  const { socket, heard } = await open();
  for (const text of HARMLESS) socket.write(frame(0x81, text));
  socket.write(frame(0x82, '{"command":"subscribe"}'));
  socket.write(frame(0x81, JSON.stringify({ command: "subscribe", identifier: "not json" })));
  await eventually("the rejection", () => heard().includes("reject_subscription"));
  assert.ok(!heard().includes("error") && !heard().includes("confirm"));
  const identifier = identify(["AAPL"]);
  socket.write(frame(0x81, JSON.stringify({ command: "subscribe", identifier })));
  await eventually("the book", () => heard().includes('"type":"orderbook"'));
  socket.destroy();
  await bystanderStillHears();
});

test("a client that floods is told so and closed", async () => {
  const { socket, heard } = await open();
  const closed = once(socket, "close", within());
  for (let count = 0; count < 300; count += 1) socket.write(frame(0x81, "{}"));
  await closed;
  assert.ok(heard().includes('"reason":"invalid_request","reconnect":false'));
  await bystanderStillHears();
});

test("a twenty-first subscription is rejected", async () => {
  const client = await connectRaw(feed.port);
  for (let count = 1; count <= 21; count += 1)
    client.subscribe(JSON.stringify({ channel: "MarketChannel", symbols: ["AAPL"], count }));
  await eventually("twenty-one answers", () => {
    const answers = client.frames.filter(({ type }) => /_subscription$/.test(type ?? ""));
    return answers.length === 21 && answers.at(-1)?.type === "reject_subscription";
  });
  client.socket.terminate();
});

test("two clients with the same key are two clients", async () => {
  const key = `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`;
  const [first, second] = [await open([key]), await open([key])];
  const before = await gauge();
  first.socket.destroy();
  await gaugeBelow(before);
  const identifier = identify(["AAPL"]);
  second.socket.write(frame(0x81, JSON.stringify({ command: "subscribe", identifier })));
  await eventually("the book", () => second.heard().includes('"type":"orderbook"'));
  second.socket.destroy();
});

test("odd keys and odd headers are refused or ignored", async () => {
  for (const key of ["constructor", "__proto__", "", "a".repeat(300)]) {
    const socket = await tcp();
    const heard = listen(socket);
    socket.write(await handshake([`Sec-WebSocket-Key: ${key}`]));
    await once(socket, "close", within());
    assert.match(heard(), /^HTTP\/1\.1 400 /);
  }
  const odd = ["Set-Cookie: a=b", "Set-Cookie: c=d", "Cookie: x", "constructor: x", "__proto__: y"];
  (await open(odd)).socket.destroy();
  await bystanderStillHears();
});

test("nobody can post to a connection over HTTP", async () => {
  const base = `http://127.0.0.1:${feed.port}`;
  for (const path of ["/%40connections/constructor", "/@connections/x", "/cable"]) {
    const answer = await fetch(`${base}${path}`, { method: "POST", body: "{}" });
    assert.equal(answer.status, 404);
    await answer.body?.cancel();
  }
  await bystanderStillHears();
});

test("handshakes that are never finished, or left in the middle, hold nothing", async () => {
  const halfOpen = await Promise.all(Array.from({ length: 100 }, () => tcp()));
  for (const socket of halfOpen) socket.write("GET /cable HTTP/1.1\r\nHost: x\r\n");
  const complete = await handshake();
  for (let count = 0; count < 100; count += 1) {
    const socket = await tcp();
    socket.write(complete);
    socket.resetAndDestroy();
  }
  await bystanderStillHears();
  await gaugeBelow(2); // only the bystander is connected
  for (const socket of halfOpen) socket.destroy();
});

test("three thousand who connect and say nothing, or half of it, keep nobody out and are let go", async (t) => {
  const other = await startFeed(database.url);
  const rss = async (): Promise<number> => {
    const metrics = await (await fetch(`http://127.0.0.1:${other.port}/metrics`)).text();
    return Number(/^process_resident_memory_bytes (\S+)$/m.exec(metrics)?.[1]) / 2 ** 20;
  };
  const early = await connectRaw(other.port);
  early.subscribe(identify(["AAPL"]));
  await eventually("the book", () => early.messages().length === 2);
  const before = await rss();
  const begun = performance.now();
  const halfOpen: Socket[] = [];
  let gone = 0;
  for (let count = 0; count < 3_000; count += 100) {
    const some = await Promise.all(Array.from({ length: 100 }, () => tcp(other.port)));
    for (const [index, socket] of some.entries()) {
      socket.resume().once("close", () => {
        gone += 1;
      });
      if (index % 2 === 0) socket.write("GET /cable?token=x HTTP/1.1\r\nUpgrade: websocket\r\n");
    }
    halfOpen.push(...some);
  }
  const still = halfOpen.length - gone;
  const late = await connectRaw(other.port);
  late.subscribe(identify(["AAPL"]));
  const seq = await venue.tick("AAPL");
  const hears = ({ messages }: typeof late) =>
    messages().some((message) => message.last_seq === seq || message.seq === seq);
  await eventually("the change", () => hears(early) && hears(late));
  const grown = (await rss()) - before;
  const deadline = performance.now() + 15_000;
  while (gone < halfOpen.length) {
    assert.ok(performance.now() < deadline, `${halfOpen.length - gone} are still there`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const letGoMs = Math.round(performance.now() - begun);
  t.diagnostic(`${still} at once, ${grown.toFixed(0)} MB, all let go after ${letGoMs} ms`);
  assert.ok(still > 2_000, `only ${still} were ever there at once`);
  assert.ok(grown < 100, `grown by ${grown} MB`);
  assert.ok(!early.frames.some(({ type }) => type === "disconnect"));
  for (const { socket } of [early, late]) socket.terminate();
  await other.stop();
});

test("a full feed refuses newcomers with 503 and takes them when somebody has left", async () => {
  const clients = await Promise.all(Array.from({ length: 59 }, () => connectRaw(feed.port)));
  const socket = await tcp();
  const heard = listen(socket);
  socket.write(await handshake());
  await once(socket, "close", within());
  assert.match(heard(), /^HTTP\/1\.1 503 .*Retry-After: 1/s);
  clients[0]?.socket.terminate();
  await clients[0]?.closed();
  let welcomed = false;
  const deadline = Date.now() + 5_000;
  while (!welcomed && Date.now() < deadline) {
    const next = await tcp();
    const said = listen(next);
    next.write(await handshake());
    await eventually("an answer", () => said().includes("\r\n\r\n"));
    welcomed = said().startsWith("HTTP/1.1 101");
    next.destroy();
  }
  assert.ok(welcomed);
  for (const client of clients) client.socket.terminate();
});
