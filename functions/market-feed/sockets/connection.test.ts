import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import { WebSocket, WebSocketServer } from "ws";
import { createMessageBatch } from "../protocol/message-batch.ts";
import { type Connection, openConnection } from "./connection.ts";

const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
await once(server, "listening");
after(() => server.close());

/** A connection, and its client at the other end of a real socket. */
const connected = async (expiresAt = new Date(Date.now() + 60_000)) => {
  const { port } = server.address() as AddressInfo;
  const client = new WebSocket(`ws://127.0.0.1:${port}`);
  const heard: string[] = [];
  client.on("message", (data) => heard.push(data.toString()));
  const [socket, request] = (await once(server, "connection")) as [WebSocket, IncomingMessage];
  let closes = 0;
  const connection: Connection = openConnection({
    socket,
    raw: request.socket,
    clock: () => new Date(),
    expiresAt,
    handlers: {
      message: async () => {},
      close: async () => {
        closes += 1;
      },
    },
  });
  await once(client, "open");
  return { client, heard, connection, socket, closes: () => closes };
};

test("a slow reader that reads again receives the reason of its disconnection", async () => {
  const { client, heard, connection, closes } = await connected();
  client.pause();
  const batch = createMessageBatch([{ text: "x".repeat(32 * 1024) }]);
  for (let count = 0; closes() === 0 && count < 10_000; count += 1) {
    connection.send(batch);
    if (count % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  client.resume();
  await once(client, "close");
  assert.equal(heard.at(-1), '{"type":"disconnect","reason":"slow_client","reconnect":true}');
});

test("a peer that does not answer a ping is disconnected at the next one", async () => {
  const { client, connection, socket } = await connected();
  connection.probe();
  await once(socket, "pong");
  client.pause();
  connection.probe();
  connection.probe();
  await once(socket, "close");
  client.terminate();
});

test("only the first disconnection is sent", async () => {
  const { client, heard, connection } = await connected();
  connection.disconnect("server_restart", true);
  connection.disconnect("slow_client", true);
  connection.send(createMessageBatch([{ text: "late" }]));
  await once(client, "close");
  assert.deepEqual(heard.slice(1), [
    '{"type":"disconnect","reason":"server_restart","reconnect":true}',
  ]);
});

test("a token that expired during the handshake ends the socket at once", async () => {
  const { client, heard } = await connected(new Date(Date.now() - 3_000));
  await once(client, "close");
  assert.match(heard.at(-1) ?? "", /token_expired/);
});
