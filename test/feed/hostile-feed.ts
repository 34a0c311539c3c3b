import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { openTcp } from "../../layers/testing/hostile-client.ts";
import { until } from "../../layers/testing/until.ts";
import { connectRaw, type FeedProcess, identify, token } from "./feed-client.ts";
import { eventually, type MarketWriter } from "./market-writer.ts";

/** How many sockets the feed reports as open. */
export const openSockets = async (port: number): Promise<number> => {
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return Number(/^cable_connections (\d+)$/m.exec(metrics)?.[1]);
};

/** A correct client, which must receive every change whatever other clients do. */
export const createObserver = async (feed: FeedProcess, writer: MarketWriter) => {
  const client = await connectRaw(feed.port);
  client.subscribe(identify(["AAPL"]));
  await eventually("the book", () => client.messages().length === 2);
  return {
    stillReceives: async (): Promise<void> => {
      const seq = await writer.tick("AAPL");
      await eventually("the change", () =>
        client.messages().some(({ last_seq }) => last_seq === seq),
      );
      assert.equal(feed.child.exitCode, null);
    },
    /** Resolves when no socket but its own is open. */
    isAlone: (): Promise<void> =>
      until(async () => (await openSockets(feed.port)) === 1, "the end of all other sockets"),
    leave: (): void => client.socket.terminate(),
  };
};

/** The head of a valid handshake, with further headers. */
export const handshake = async (headers: readonly string[] = []): Promise<string> =>
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

/** A connection after its handshake. Frames are readable enough in `received` for these tests. */
export const openSocket = async (
  port: number,
  headers: readonly string[] = [],
): Promise<{ readonly socket: Socket; readonly received: () => string }> => {
  const connection = await openTcp(port);
  connection.socket.write(await handshake(headers));
  await eventually("welcome", () => connection.received().includes('{"type":"welcome"}'));
  return connection;
};

/** A client frame with a mask of zeros: the payload reads as it is. */
export const frame = (firstByte: number, payload: Buffer | string): Buffer => {
  const body = Buffer.from(payload);
  const length =
    body.length < 126
      ? Buffer.from([0x80 | body.length])
      : Buffer.from([0x80 | 126, body.length >> 8, body.length & 0xff]);
  return Buffer.concat([Buffer.from([firstByte]), length, Buffer.alloc(4), body]);
};
