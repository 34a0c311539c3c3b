import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Registry } from "prom-client";
import {
  closeOf,
  MALFORMED_REQUESTS,
  openTcp,
  resetInEveryState,
  sendAndEnd,
} from "../testing/hostile-client.ts";
import { startStatusServer } from "./status-server.ts";

// The status server of the matcher and of other processes without Lambda. An uncaught exception
// would end this test process, as it would end these processes.

const server = await startStatusServer({
  ...{ port: 0, instance: "matcher", registry: new Registry(), health: async () => ({}) },
});
after(server.close);

const health = () => fetch(`http://127.0.0.1:${server.port}/health`);

for (const [name, bytes] of Object.entries(MALFORMED_REQUESTS))
  test(`${name} is refused, and the server keeps running`, async () => {
    const response = await sendAndEnd(server.port, bytes);
    assert.doesNotMatch(response, /^HTTP\/1\.1 (2|5)\d\d/);
    assert.equal((await health()).status, 200);
  });

test("an absolute URL of the server itself is served like its path", async () => {
  const head = "GET http://localhost/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  assert.match(await sendAndEnd(server.port, head), /^HTTP\/1\.1 200 /);
});

test("clients that reset the connection at any moment affect no other client", async () => {
  const get = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
  const upgrade = "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
  const post = "POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf";
  let resets = 0;
  for (const request of [get, upgrade, post])
    resets += await resetInEveryState(server.port, request);
  assert.equal(resets, 30);
  assert.equal((await health()).status, 200);
});

test("a client that sends a part of a request and then nothing is disconnected", async () => {
  const { socket } = await openTcp(server.port);
  const closed = closeOf(socket);
  socket.write("GET /health HTTP/1.1\r\nHost:");
  assert.equal((await health()).status, 200);
  await closed;
});

test("a request listener that throws ends its own connection only", async (t) => {
  const throwing = await startStatusServer({
    ...{ port: 0, instance: "feed", registry: new Registry(), health: async () => ({}) },
    onRequest: () => {
      throw new Error("a mistake in a listener");
    },
  });
  t.after(throwing.close);
  assert.equal(await sendAndEnd(throwing.port, "GET /x HTTP/1.1\r\nHost: x\r\n\r\n"), "");
  assert.equal((await fetch(`http://127.0.0.1:${throwing.port}/health`)).status, 200);
});
