import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import { WebSocket, WebSocketServer } from "ws";
import { createParcel } from "../protocol/message-batch.ts";
import { openSession, type Session } from "./connection.ts";

const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
await once(server, "listening");
after(() => server.close());

/** A session on one end of a real connection, the client on the other. */
const connected = async (expiresAt = new Date(Date.now() + 60_000)) => {
  const { port } = server.address() as AddressInfo;
  const client = new WebSocket(`ws://127.0.0.1:${port}`);
  const heard: string[] = [];
  client.on("message", (data) => heard.push(data.toString()));
  const [socket, request] = (await once(server, "connection")) as [WebSocket, IncomingMessage];
  let closes = 0;
  const session: Session = openSession({
    socket,
    raw: request.socket,
    clock: () => new Date(),
    expiresAt,
    conversation: {
      message: async () => {},
      close: async () => {
        closes += 1;
      },
    },
  });
  await once(client, "open");
  return { client, heard, session, socket, closes: () => closes };
};

test("a reader that fell behind and reads again hears why it was dropped", async () => {
  const { client, heard, session, closes } = await connected();
  client.pause();
  const parcel = createParcel([{ text: "x".repeat(32 * 1024) }]);
  for (let count = 0; closes() === 0 && count < 10_000; count += 1) {
    session.send(parcel);
    if (count % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  client.resume();
  await once(client, "close");
  assert.equal(heard.at(-1), '{"type":"disconnect","reason":"slow_client","reconnect":true}');
});

test("a peer that no longer answers is hung up on at the second question", async () => {
  const { client, session, socket } = await connected();
  session.probe();
  await once(socket, "pong");
  client.pause();
  session.probe();
  session.probe();
  await once(socket, "close");
  client.terminate();
});

test("only the first farewell is said", async () => {
  const { client, heard, session } = await connected();
  session.farewell("server_restart", true);
  session.farewell("slow_client", true);
  session.send(createParcel([{ text: "late" }]));
  await once(client, "close");
  assert.deepEqual(heard.slice(1), [
    '{"type":"disconnect","reason":"server_restart","reconnect":true}',
  ]);
});

test("a token that ran out during the handshake ends the socket at once", async () => {
  const { client, heard } = await connected(new Date(Date.now() - 3_000));
  await once(client, "close");
  assert.match(heard.at(-1) ?? "", /token_expired/);
});
