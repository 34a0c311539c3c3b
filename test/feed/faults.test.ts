import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, test } from "node:test";
import { formatMoney } from "../../layers/domain/units.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { execute, testServer } from "../../layers/testing/server.ts";
import {
  ClientBook,
  connectRaw,
  identify,
  type RawClient,
  refusal,
  startFeed,
  token,
} from "./feed-client.ts";
import { createMarketWriter, eventually } from "./market-writer.ts";

// Failures of dependencies: the clients end with the right book all the same.

const within = () => ({ signal: AbortSignal.timeout(10_000) });

const database = await testDatabase();
const writer = await createMarketWriter(database, ["AAPL", "MSFT"]);
const feed = await startFeed(database.url);
after(() => feed.stop());

/** A client that keeps its own book and checks every checksum. */
const follow = async (symbol: string, port = feed.port, mode = "normal") => {
  const client = await connectRaw(port);
  const book = new ClientBook();
  let applied = 0;
  const isAt = (seq: number | undefined): boolean => {
    const messages = client.messages();
    for (; applied < messages.length; applied += 1) {
      const message = messages[applied];
      if (message !== undefined) book.receive(message);
    }
    return book.seq === seq;
  };
  client.subscribe(identify([symbol], mode));
  await eventually("the book", () => client.messages().length >= 2);
  isAt(0);
  return { client, book, isAt, caughtUp: () => isAt(writer.seqs.get(symbol)) };
};

const assertSameBook = (book: ClientBook, symbol: string): void => {
  const { bids, asks } = writer.book(symbol);
  const pairs = (levels: typeof bids) =>
    levels.map(({ price, quantity }) => [formatMoney(price), quantity]);
  assert.deepEqual(book.levels("bids"), pairs(bids));
  assert.deepEqual(book.levels("asks"), pairs(asks));
};

const cutConnections = async (): Promise<number> => {
  const { rows } = await database.query(sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name in ('market-feed', 'listen brokerx_market')`);
  return rows.length;
};

test("a change without a notification still arrives", async () => {
  const { caughtUp, book, client } = await follow("AAPL");
  await writer.settle(
    "AAPL",
    { place: [{ side: "buy", price: 990_000, quantity: 3 }] },
    { silent: true },
  );
  await eventually("the change", caughtUp);
  assertSameBook(book, "AAPL");
  assert.equal(book.snapshots, 1);
  client.socket.terminate();
});

test("while all connections to the database are cut again and again, no change is lost or duplicated", async () => {
  const normal = await follow("MSFT");
  const throttled = await follow("MSFT", feed.port, "throttled");
  let cut = 0;
  for (let round = 0; round < 200; round += 1) {
    await writer.tick("MSFT");
    if (round % 20 === 10) cut += await cutConnections();
  }
  await eventually("the last change", () => normal.caughtUp() && throttled.caughtUp());
  assertSameBook(normal.book, "MSFT");
  assertSameBook(throttled.book, "MSFT");
  assert.ok(cut >= 10, `${cut} connections cut`);
  assert.equal(normal.book.snapshots, 1, "the events were enough");
  const seqs = normal.client.messages().filter(({ type }) => type === "depth");
  assert.equal(new Set(seqs.map(({ last_seq }) => last_seq)).size, 200);
  for (const { client } of [normal, throttled]) client.socket.terminate();
});

test("events that were purged before the feed read them are replaced by the whole book", async () => {
  const normal = await follow("AAPL");
  const throttled = await follow("AAPL", feed.port, "throttled");
  const place = [{ side: "sell" as const, price: 1_020_000, quantity: 9 }];
  await writer.settle("AAPL", { place }, { withoutEvent: true });
  await eventually("the book", () => normal.caughtUp() && throttled.caughtUp());
  await writer.settle("AAPL", { place }, { withoutEvent: true, silent: true });
  await writer.tick("AAPL");
  await eventually("the last change", () => normal.caughtUp() && throttled.caughtUp());
  for (const { book, client } of [normal, throttled]) {
    assertSameBook(book, "AAPL");
    assert.equal(book.snapshots, 3);
    client.socket.terminate();
  }
});

test("while the database is down health reports it, sockets stay open, and nothing is lost", async () => {
  const { book, caughtUp, client } = await follow("AAPL");
  const name = new URL(database.url).pathname.slice(1);
  const server = testServer();
  const health = async () => (await fetch(`http://127.0.0.1:${feed.port}/health`)).status;
  const until = async (status: number) => {
    const deadline = Date.now() + 15_000;
    while ((await health()) !== status) assert.ok(Date.now() < deadline, `never ${status}`);
  };
  await database.query(sql`select 1`);
  await execute(server, `alter database ${name} allow_connections false`);
  assert.ok((await cutConnections()) > 0);
  await until(503);
  await writer.tick("AAPL"); // the matcher's connections are still there
  await execute(server, `alter database ${name} allow_connections true`);
  await until(200);
  await eventually("the change", caughtUp);
  assertSameBook(book, "AAPL");
  assert.equal(book.snapshots, 1);
  client.socket.terminate();
});

test("a database that was restored to an earlier time makes every client start anew", async () => {
  const { client } = await follow("MSFT");
  const seq = (writer.seqs.get("MSFT") ?? 0) - 5;
  writer.seqs.set("MSFT", seq);
  await database.query(sql`delete from market.event where symbol = 'MSFT' and last_seq > ${seq}`);
  await database.query(sql`update trading.book set settled_seq = ${seq} where symbol = 'MSFT'`);
  await client.closed();
  assert.deepEqual(client.frames.at(-1), {
    ...{ type: "disconnect", reason: "server_restart", reconnect: true },
  });
  const again = await follow("MSFT");
  assert.equal(again.book.seq, seq);
  assertSameBook(again.book, "MSFT");
  again.client.socket.terminate();
});

test("a client that does not read is disconnected, and other clients miss nothing", async () => {
  const { client, caughtUp } = await follow("AAPL");
  const socket = connect(feed.port, "127.0.0.1");
  socket.on("error", () => {});
  let heard = "";
  socket.on("data", (chunk) => {
    heard = `${heard}${chunk}`.slice(-100_000);
  });
  socket.write(
    [
      `GET /cable?token=${await token()} HTTP/1.1`,
      ...["Host: x", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"],
      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
    ].join("\r\n"),
  );
  await eventually("welcome", () => heard.includes("welcome"));
  const text = JSON.stringify({ command: "subscribe", identifier: identify(["AAPL"]) });
  const length = Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]);
  socket.write(Buffer.concat([length, Buffer.from(text)]));
  await eventually("the book", () => heard.includes("orderbook"));
  socket.pause();
  const trade = { price: 1_000_000, quantity: 1, takerSide: "buy" as const };
  const trades = Array.from({ length: 500 }, () => trade);
  const connections = async () => {
    const metrics = await (await fetch(`http://127.0.0.1:${feed.port}/metrics`)).text();
    return Number(/^cable_connections (\d+)$/m.exec(metrics)?.[1]);
  };
  assert.equal(await connections(), 2);
  let batches = 0;
  for (; (await connections()) === 2 && batches < 400; batches += 1)
    await writer.settle("AAPL", { trades });
  assert.equal(await connections(), 1, `still there after ${batches} batches`);
  await eventually("the last change", caughtUp);
  const received = client.messages().filter(({ type }) => type === "trade").length;
  assert.equal(received, batches * 500);
  assert.ok(!client.frames.some(({ type }) => type === "disconnect"));
  const closed = once(socket, "close", within());
  socket.resume();
  await closed;
  client.socket.terminate();
});

test("a stopped feed disconnects all clients, and does not wait for one that hangs", async () => {
  const second = await startFeed(database.url);
  const clients: RawClient[] = [];
  for (let count = 0; count < 5; count += 1)
    clients.push((await follow("AAPL", second.port)).client);
  clients[4]?.socket.pause();
  await second.stop();
  assert.equal(second.child.exitCode, 0, "the time limit for stopping was not reached");
  for (const client of clients.slice(0, 4)) {
    await client.closed();
    assert.deepEqual(client.frames.at(-1), {
      ...{ type: "disconnect", reason: "server_restart", reconnect: true },
    });
  }
  clients[4]?.socket.terminate();
});

test("a page of another origin is refused when allowed origins are configured", async () => {
  const origins = "https://app.example,https://www.example";
  const second = await startFeed(database.url, { FEED_ORIGINS: origins });
  const path = `/cable?token=${await token()}`;
  for (const origin of ["https://evil.example", "null", "https://app.example.evil.example"])
    assert.equal((await refusal(second.port, path, { origin })).status, 403);
  const headers = { origin: "https://app.example", authorization: `Bearer ${await token()}` };
  (await connectRaw(second.port, { headers })).socket.terminate();
  await second.stop();
});
