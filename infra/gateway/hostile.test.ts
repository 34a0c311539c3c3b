import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { after, test } from "node:test";
import { WebSocket, WebSocketServer } from "ws";
import { freePort } from "../../layers/testing/free-port.ts";
import { until } from "../../layers/testing/until.ts";
import { startGateway } from "./gateway.ts";
import { bothHealthy, call, exchange, FILE, saying, startUpstream } from "./testing.ts";

// Malicious or broken clients and services, without effect on other clients. An uncaught exception
// in the gateway would fail the test, because it runs in this process.

const ports = { a: await freePort(), b: await freePort() };
const services = { a: await startUpstream("a", ports.a), b: await startUpstream("b", ports.b) };

/** The service of /cable, which treats each connection as the current test wants. */
const feed = { behave: (_socket: Socket): void => {}, open: new Set<Socket>() };
const feedServer = createServer((socket) => {
  feed.open.add(socket);
  socket.once("close", () => feed.open.delete(socket));
  socket.on("error", () => {});
  feed.behave(socket);
});
await once(feedServer.listen(0, "127.0.0.1"), "listening");
const address = feedServer.address();
const feedPort = typeof address === "object" && address ? address.port : 0;

const locate = (host: string): string =>
  `127.0.0.1:${host.startsWith("cable") ? feedPort : host.startsWith("b") ? ports.b : ports.a}`;
const gateway = await startGateway({ file: FILE, port: 0, locate });

/**
 * The gateway would close the connection to a silent WebSocket server after `read_timeout`, so this
 * server talks.
 */
const echo = new WebSocketServer({ port: 0, host: "127.0.0.1" });
await once(echo, "listening");
after(async () => {
  bystander.terminate();
  await gateway.close();
  echo.close();
  feedServer.close();
  for (const socket of feed.open) socket.destroy();
  for (const { die } of Object.values(services)) await die().catch(() => {});
});

/** Joins the connection with the echo server. */
const toEcho = (socket: Socket): void => {
  const target = echo.address();
  const onward = connect(typeof target === "object" && target ? target.port : 0, "127.0.0.1");
  onward.on("error", () => socket.destroy());
  socket.on("close", () => onward.destroy());
  onward.on("close", () => socket.destroy());
  socket.pipe(onward).pipe(socket);
};
const chatter = setInterval(() => {
  for (const client of echo.clients) client.ping();
}, 50);
echo.on("connection", (socket) => socket.on("message", (text) => socket.send(String(text))));
after(() => clearInterval(chatter));

feed.behave = toEcho;
const bystander = new WebSocket(`ws://127.0.0.1:${gateway.port}/cable`);
await once(bystander, "open");
const heard: string[] = [];
bystander.on("message", (text) => heard.push(String(text)));
await bothHealthy(gateway);

let turn = 0;
const bystandersNoticeNothing = async (): Promise<void> => {
  turn += 1;
  const text = `turn ${turn}`;
  bystander.send(text);
  await until(() => heard.includes(text), "the bystander's echo");
  assert.equal((await call(gateway, "/orders")).status, 200);
};

const tcp = async (bytes = ""): Promise<Socket> => {
  const socket = connect(gateway.port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  if (bytes !== "") await new Promise((resolve) => socket.write(bytes, resolve));
  return socket;
};

const KEY = "Host: x\r\napikey: brokerx-key-123\r\n";
const HANDSHAKE = `GET /cable HTTP/1.1\r\n${KEY}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;
const SWITCHED =
  "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

const MALFORMED = [
  ...["GET // HTTP/1.1", "GET //[ HTTP/1.1", "GET http:// HTTP/1.1", "GET http://[:: HTTP/1.1"],
  ...["GET", "GET /", "GET / HTTP/0.9", "GET / HTTP/9.9", "GET / HTTPS/1.1", "get / HTTP/1.1"],
  ...["GET ? HTTP/1.1", "GET * HTTP/1.1", "OPTIONS * HTTP/1.1", "GET \\ HTTP/1.1"],
  ...["GET /%00 HTTP/1.1", "GET /%zz HTTP/1.1", "GET /\xff HTTP/1.1", "GET /../.. HTTP/1.1"],
  ...["CONNECT / HTTP/1.1", "CONNECT a:b HTTP/1.1", "TRACE / HTTP/1.1", "PRI * HTTP/2.0"],
  ...["BREW / HTTP/1.1", "\u0000\u0001", "\x16\x03\x01\x02", "", " ", "{}"],
];

test("malformed request lines are refused", async () => {
  const refused = async (line: string, rest: string): Promise<void> => {
    const reply = await exchange(gateway, `${line}${rest}\r\n\r\n`);
    assert.match(reply, /^(HTTP\/1\.1 [2345]\d\d |$)/, JSON.stringify(line));
  };
  const endings = [`\r\n${KEY}Connection: close\r\n\r\n`, "\r\n\r\n", "\n\n"];
  await Promise.all(MALFORMED.flatMap((line) => endings.map((rest) => refused(line, rest))));
  await bystandersNoticeNothing();
});

test("malformed headers and bodies are refused", async () => {
  for (const lines of [
    "Content-Length: -1",
    "Content-Length: 1e3",
    "Content-Length: 1\r\nContent-Length: 2",
    "Content-Length: 5\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding: chunked, chunked",
    ": no name",
    "a b: c",
    "X: \u0000",
    " folded",
    "Upgrade: websocket",
    "Connection: Upgrade\r\nUpgrade: WEBSOCKET",
    "Connection: Upgrade\r\nUpgrade: websocket, h2c",
    "Expect: 200-ok",
    "Connection: close, host, content-length, transfer-encoding",
    "constructor: x\r\n__proto__: y",
  ]) {
    const head = `POST /orders HTTP/1.1\r\n${KEY}${lines}\r\nConnection: close\r\n\r\n`;
    const reply = await exchange(gateway, `${head}5\r\nhello\r\n0\r\n\r\n`);
    assert.match(reply, /^(HTTP\/1\.1 ([2345]\d\d|101) |$)/, lines);
  }
  await bystandersNoticeNothing();
});

test("very large heads are refused and not kept in memory", async () => {
  const endless = await tcp("GET /");
  const closed = once(endless, "close");
  for (let count = 0; count < 64; count += 1) endless.write("x".repeat(1_024));
  endless.resume();
  await closed;
  const many = Array.from({ length: 5_000 }, (_, index) => `X-${index}: y`).join("\r\n");
  const reply = await exchange(gateway, `GET /orders HTTP/1.1\r\n${KEY}${many}\r\n\r\n`);
  assert.match(reply, /^HTTP\/1\.1 400 /);
  await bystandersNoticeNothing();
});

test("a client may reset its connection in any state of a request", async () => {
  services.a.state.behave = services.b.state.behave = () => {};
  for (const bytes of [
    "",
    "GET /ord",
    `GET /orders HTTP/1.1\r\n${KEY}`,
    `GET /orders HTTP/1.1\r\n${KEY}\r\n`,
    `POST /orders HTTP/1.1\r\n${KEY}Content-Length: 100\r\n\r\nhalf`,
    `POST /orders HTTP/1.1\r\n${KEY}Transfer-Encoding: chunked\r\n\r\n5\r\nhel`,
    `POST /orders HTTP/1.1\r\n${KEY}Content-Length: 90000\r\n\r\n${"x".repeat(80_000)}`,
    `GET /orders HTTP/1.1\r\n${KEY}\r\nGET /orders HTTP/1.1\r\n${KEY}\r\nGET /`,
  ]) {
    (await tcp(bytes)).resetAndDestroy();
    (await tcp(bytes)).end();
  }
  services.a.state.behave = saying("a");
  services.b.state.behave = saying("b");
  await bystandersNoticeNothing();
});

test("a client may reset its connection in the middle of a response", async () => {
  let sent = 0;
  services.a.state.behave = services.b.state.behave = (_request, response) => {
    sent += 1;
    response.writeHead(200);
    const more = (): void => {
      while (!response.destroyed && response.write("x".repeat(65_536)));
      if (!response.destroyed) response.once("drain", more);
    };
    more();
    response.once("close", () => (sent -= 1));
  };
  const socket = await tcp(`GET /orders HTTP/1.1\r\n${KEY}\r\n`);
  await once(socket, "data");
  socket.pause();
  socket.resetAndDestroy();
  await until(() => sent === 0, "the service's response is ended too");
  services.a.state.behave = saying("a");
  services.b.state.behave = saying("b");
  await bystandersNoticeNothing();
});

test("a client may reset its connection in any state of a WebSocket handshake", async () => {
  const openBefore = feed.open.size;
  const states: Readonly<Record<string, (socket: Socket) => void>> = {
    "the service never responds": () => {},
    "the service responds in pieces": (socket) => socket.write("HTTP/1.1 101 Swi"),
    "the WebSocket is open": (socket) => socket.write(SWITCHED),
    "with unread data": (socket) => socket.write(`${SWITCHED}${"x".repeat(500_000)}`),
    "the service refuses slowly": (socket) =>
      socket.write("HTTP/1.1 401 No\r\nContent-Length: 9\r\n\r\nhalf"),
  };
  for (const [state, behave] of Object.entries(states)) {
    for (const leave of ["resetAndDestroy", "destroy", "end"] as const) {
      let reached = false;
      feed.behave = (socket) => {
        behave(socket);
        socket.resume();
        reached = true;
      };
      const client = await tcp(HANDSHAKE);
      await until(() => reached, `the feed is asked: ${state}`);
      client[leave]();
      if (leave === "end") client.destroy();
    }
    for (const part of [10, 60, HANDSHAKE.length - 2])
      (await tcp(HANDSHAKE.slice(0, part))).resetAndDestroy();
    await until(() => feed.open.size === openBefore, `nothing stays open: ${state}`);
    await bystandersNoticeNothing();
  }
});

test("a service may reset its connection in any state of a WebSocket handshake", async () => {
  const states: Readonly<Record<string, (socket: Socket) => void>> = {
    "at once": (socket) => socket.resetAndDestroy(),
    "after the request": (socket) => socket.once("data", () => socket.resetAndDestroy()),
    "in the middle of the response": (socket) =>
      socket.write("HTTP/1.1 101 Swi", () => socket.resetAndDestroy()),
    "after the response": (socket) => socket.write(SWITCHED, () => socket.resetAndDestroy()),
    "with data": (socket) =>
      socket.write(`${SWITCHED}${"x".repeat(100_000)}`, () => socket.resetAndDestroy()),
    "in the middle of a refusal": (socket) =>
      socket.write("HTTP/1.1 401 No\r\nContent-Length: 9\r\n\r\nhalf", () =>
        socket.resetAndDestroy(),
      ),
    "with bytes that are no HTTP": (socket) => socket.end("\u0000\u0001\r\n\r\n"),
  };
  for (const [state, behave] of Object.entries(states)) {
    feed.behave = behave;
    const reply = await exchange(gateway, HANDSHAKE);
    assert.match(reply, /^HTTP\/1\.1 (101|401|502) |^$/, `${state}: ${reply.slice(0, 100)}`);
    await bystandersNoticeNothing();
  }
  feed.behave = () => {};
  assert.match(await exchange(gateway, HANDSHAKE), /^HTTP\/1\.1 504 /, "a silent service");
});

test("a service may break its connection in any state of a response", async () => {
  const cut = (bytes: string): void => {
    services.a.state.behave = services.b.state.behave = ({ socket }) =>
      socket.write(bytes, () => socket.resetAndDestroy());
  };
  for (const bytes of [
    "HTTP/1.1 200 OK\r\nContent-Len",
    "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhalf",
    "\u0000\r\n\r\n",
    "HTTP/1.1 99 No\r\n\r\n",
    `HTTP/1.1 200 OK\r\nX: ${"x".repeat(100_000)}\r\n\r\n`,
  ]) {
    cut(bytes);
    await call(gateway, "/orders").catch(() => {});
  }
  services.a.state.behave = saying("a");
  services.b.state.behave = saying("b");
  await bothHealthy(gateway);
  await bystandersNoticeNothing();
});

test("garbage or a handshake after a request that is not answered yet ends the connection", async () => {
  services.a.state.behave = services.b.state.behave = () => {};
  const request = `GET /orders HTTP/1.1\r\n${KEY}\r\n`;
  for (const rest of [
    "\u0000\u0001\r\n\r\n",
    HANDSHAKE,
    "CONNECT a:1 HTTP/1.1\r\n\r\n",
    HANDSHAKE + HANDSHAKE,
  ])
    await exchange(gateway, request + rest);
  await exchange(gateway, `${HANDSHAKE}\u0000\u0001\r\n\r\n${request}`);
  services.a.state.behave = saying("a");
  services.b.state.behave = saying("b");
  await bystandersNoticeNothing();
});

test("clients that send half a request, or nothing, are disconnected and block no other client", async () => {
  const halves = [
    "",
    "GET /orders HTTP/1.1\r\n",
    `POST /orders HTTP/1.1\r\n${KEY}Content-Length: 9\r\n\r\n`,
  ];
  const sockets: Socket[] = [];
  for (let count = 0; count < 300; count += 1)
    sockets.push((await tcp(halves[count % halves.length])).resume());
  await bystandersNoticeNothing();
  await until(() => sockets.every(({ closed }) => closed), "all of them are let go", 40_000);
  await bystandersNoticeNothing();
});
