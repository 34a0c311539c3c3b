import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { IncomingHttpHeaders } from "node:http";
import { join } from "node:path";
import { after } from "node:test";
import { crc32 } from "node:zlib";
import { WebSocket } from "ws";
import type { ClientId } from "../../layers/domain/identifiers.ts";
import { hmacKeyRing } from "../../layers/platform/credentials/key-ring.ts";
import { createTokens } from "../../layers/platform/credentials/tokens.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { type Database, openDatabase } from "../../layers/store/pg/database.ts";
import { createTestClient } from "../../layers/testing/clients.ts";
import { eventually } from "./market-writer.ts";

export const SECRET = "the-secret-of-the-test-suite-long-enough-to-sign";

let database: Database | undefined;

/** The database in which `token` creates clients; `startFeed` sets it. */
export const useDatabase = (url: string): void => {
  if (database !== undefined) return;
  const opened = openDatabase({ url, poolSize: 2, applicationName: "test clients" });
  database = opened;
  after(() => opened.end());
};

let previousClient: Promise<unknown> = Promise.resolve();

/** Creates clients one after the other: many at once would wait too long for the small pool. */
const createClient = (): Promise<ClientId> => {
  const client = previousClient.then(() => {
    if (database === undefined) throw new Error("useDatabase comes first");
    return createTestClient(database);
  });
  previousClient = client.catch(() => {});
  return client;
};

/**
 * An access token as the login issues it, of a new client unless one is given. With a negative
 * `ttlSeconds` it has expired.
 */
export const token = async (ttlSeconds = 600, clientId?: ClientId): Promise<string> => {
  const owner = clientId ?? (await createClient());
  const tokens = createTokens({
    ...{
      keys: hmacKeyRing([{ kid: "test", secret: SECRET }]),
      ttlSeconds,
      clock: () => new Date(),
    },
  });
  // The session of a test client has the client's own id.
  const identity = { clientId: owner, roles: [], tokenId: newUuid(), sessionId: owner };
  return tokens.sign({ ...identity, authTime: new Date() });
};

export type FeedProcess = {
  readonly port: number;
  readonly child: ChildProcess;
  readonly log: () => string;
  readonly stop: () => Promise<void>;
};

/** Starts the real process on a free port, with the privileges it has in production. */
export const startFeed = async (
  databaseUrl: string,
  environment: Readonly<Record<string, string>> = {},
  program = "infra/market-feed/main.ts",
): Promise<FeedProcess> => {
  useDatabase(databaseUrl);
  const url = new URL(databaseUrl);
  url.searchParams.set("options", "-c role=brokerx_feed");
  const main = join(import.meta.dirname, "../..", program);
  const child = spawn(process.execPath, [main], {
    stdio: ["ignore", "ignore", "pipe"],
    env: {
      ...process.env,
      BROKERX_INSTANCE: "market-feed",
      DATABASE_URL: url.href,
      JWT_KEYS: `test=${SECRET}`,
      MAIL_SECRET: SECRET,
      FEED_PORT: "0",
      ...environment,
    },
  });
  let log = "";
  const port = await new Promise<number>((resolve, reject) => {
    child.once("exit", () => reject(new Error(`the feed ended: ${log}`)));
    child.stderr.on("data", (chunk: Buffer) => {
      log += chunk.toString();
      const found = /"port":(\d+)/.exec(log)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGTERM");
    await once(child, "exit");
  };
  await healthy(port);
  return { port, child, log: () => log, stop };
};

const healthy = async (port: number): Promise<void> => {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const reply = await fetch(`http://127.0.0.1:${port}/health`);
    if (reply.ok) return;
    assert.ok(Date.now() < deadline, `the feed is not healthy: ${await reply.text()}`);
  }
};

export type MarketMessage = {
  readonly type: "quote" | "orderbook" | "depth" | "trade" | "status";
  readonly level: string;
  readonly reason: string | null;
  readonly symbol: string;
  readonly seq: number;
  readonly first_seq: number;
  readonly last_seq: number;
  readonly bids: readonly [string, number][];
  readonly asks: readonly [string, number][];
  readonly checksum: number;
  readonly bid: string | null;
  readonly ask: string | null;
  readonly mid: string | null;
  readonly last: string | null;
  readonly trade_id: string;
  readonly price: string;
  readonly quantity: number;
  readonly ts: string;
};

/**
 * A client's book, kept only by what docs/market-feed.md says: it shares no code with the server.
 * Throws as soon as a message does not fit or a checksum is wrong.
 */
export class ClientBook {
  seq = -1;
  snapshots = 0;
  checks = 0;
  readonly bids = new Map<string, number>();
  readonly asks = new Map<string, number>();

  receive(message: MarketMessage): void {
    if (message.type === "orderbook") this.#orderbook(message);
    if (message.type === "depth") this.#depth(message);
  }

  /** Best first, prices compared as numbers. */
  levels(side: "bids" | "asks"): readonly [string, number][] {
    const direction = side === "bids" ? -1 : 1;
    return [...this[side]].sort(([left], [right]) => direction * (Number(left) - Number(right)));
  }

  #orderbook(message: MarketMessage): void {
    if (message.seq < this.seq) return;
    if (message.seq > this.seq) {
      this.snapshots += 1;
      this.seq = message.seq;
      this.bids.clear();
      this.asks.clear();
      for (const [price, quantity] of message.bids) this.bids.set(price, quantity);
      for (const [price, quantity] of message.asks) this.asks.set(price, quantity);
    }
    this.#verify(message.checksum);
  }

  #depth(message: MarketMessage): void {
    if (message.last_seq <= this.seq) return;
    assert.ok(message.first_seq <= this.seq + 1, `gap: ${message.first_seq} after ${this.seq}`);
    for (const side of ["bids", "asks"] as const)
      for (const [price, quantity] of message[side])
        if (quantity === 0) this[side].delete(price);
        else this[side].set(price, quantity);
    this.seq = message.last_seq;
    this.#verify(message.checksum);
  }

  #verify(expected: number): void {
    const text = (["bids", "asks"] as const).map((side) =>
      this.levels(side)
        .slice(0, 10)
        .map(([price, quantity]) => `${price}:${quantity}`)
        .join(","),
    );
    assert.equal(crc32(text.join("|")), expected, `checksum at ${this.seq}`);
    this.checks += 1;
  }
}

export type RawClient = {
  readonly socket: WebSocket;
  /** Everything received, parsed. */
  readonly frames: readonly Received[];
  readonly subscribe: (identifier: string) => void;
  /** The messages of one subscription, or of all. */
  readonly messages: (identifier?: string) => readonly MarketMessage[];
  /** Resolves when the socket is closed; rejects when that takes ten seconds. */
  readonly closed: () => Promise<unknown>;
};

type Received = {
  readonly type?: string;
  readonly reason?: string;
  readonly reconnect?: boolean;
  readonly code?: string;
  readonly detail?: string;
  readonly identifier?: string;
  readonly message?: MarketMessage;
  readonly stream_id?: string;
  readonly epoch?: string;
  readonly offset?: number;
};

/** A client that shows every frame, connected and welcomed. */
export const connectRaw = async (
  port: number,
  options: { readonly token?: string; readonly headers?: Record<string, string> } = {},
): Promise<RawClient> => {
  const query = `token=${options.token ?? (await token())}`;
  const url = `ws://127.0.0.1:${port}/cable${options.headers === undefined ? `?${query}` : ""}`;
  const socket = new WebSocket(url, "actioncable-v1-json", { headers: options.headers ?? {} });
  const frames: Received[] = [];
  socket.on("message", (data) => frames.push(JSON.parse(data.toString())));
  socket.on("error", () => {});
  let isClosed = false;
  socket.once("close", () => {
    isClosed = true;
  });
  await eventually("welcome", () => frames[0]?.type === "welcome");
  return {
    socket,
    frames,
    closed: () => eventually("the close", () => isClosed),
    subscribe: (identifier) => socket.send(JSON.stringify({ command: "subscribe", identifier })),
    messages: (identifier) =>
      frames.flatMap(({ message, identifier: of }) =>
        // A ping has a message and no identifier.
        message !== undefined && of !== undefined && (identifier ?? of) === of ? [message] : [],
      ),
  };
};

/** An identifier as the stock client makes it. */
export const identify = (symbols: readonly string[], mode = "normal"): string =>
  JSON.stringify({ channel: "MarketChannel", symbols, mode });

/**
 * The status with which a handshake is refused, and its answer; fails when the handshake succeeds.
 */
export const refusal = (
  port: number,
  path: string,
  headers: Record<string, string> = {},
  protocols: string[] = ["actioncable-v1-json"],
): Promise<{ readonly status: number; readonly headers: IncomingHttpHeaders }> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, { headers });
    socket.on("error", () => {});
    socket.once("open", () => reject(new Error("the handshake was accepted")));
    socket.once("unexpected-response", (request, response) => {
      request.destroy();
      resolve({ status: response.statusCode ?? 0, headers: response.headers });
    });
  });
