import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createCable } from "@anycable/core";
import { adapters, createConsumer } from "@rails/actioncable";
import { WebSocket } from "ws";
import { socketHandlers } from "../../functions/market-feed/cloud/socket-handlers.ts";
import { formatMoney } from "../../layers/domain/units.ts";
import { hashToken, newToken } from "../../layers/platform/credentials/secrets.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { keepTicket } from "../../layers/store/market/market-tickets.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { testLogger } from "../../layers/testing/logger.ts";
import { until } from "../../layers/testing/until.ts";
import { follower } from "../support/follower.ts";
import { startCloudFeed } from "./cloud-feed.ts";
import {
  ClientBook,
  connectRaw,
  identify,
  type MarketMessage,
  refusal,
  startFeed,
  token,
  useDatabase,
} from "./feed-client.ts";
import { createMarketWriter } from "./market-writer.ts";

// The market feed as in the cloud: a gateway holds the sockets and calls three functions, and a
// worker process sends through the gateway's management API. Clients cannot tell the difference.

const database = await testDatabase();
useDatabase(database.url);
const writer = await createMarketWriter(database, ["AAPL", "MSFT"]);
const { gateway, workers, startWorker, authenticate, redeem } = await startCloudFeed(database);

const naive = (symbol: string) => {
  const { bids, asks } = writer.book(symbol);
  const pairs = (levels: typeof bids) =>
    levels.map(({ price, quantity }) => [formatMoney(price), quantity]);
  return { bids: pairs(bids), asks: pairs(asks) };
};

const rows = async (): Promise<bigint> => {
  const { rows: found } = await database.query<{ count: bigint }>(sql`
    select count(*) from market.connection`);
  return found[0]?.count ?? -1n;
};

test("without the URL of a WebSocket API the process names the missing variable and ends", async () => {
  await assert.rejects(
    startFeed(database.url, {}, "functions/market-feed/cloud/main.ts"),
    /FEED_CONNECTIONS_URL must name/,
  );
});

test("while no worker could serve it, no connection is accepted", async () => {
  const { status } = await refusal(gateway.port, `/?token=${await token()}`);
  assert.equal(status, 503);
  assert.equal(await rows(), 0n);
  await startWorker();
  await until(async () => {
    const found = await database.query(sql`select from market.feed_worker`);
    return found.rows.length === 1;
  }, "a worker");
});

test("the function checks handshakes as the process does: token, ticket, origin, protocol", async () => {
  const good = await token();
  for (const path of ["/", "/?token=", "/?token=abc", `/?token=${good}&token=${good}`])
    assert.equal((await refusal(gateway.port, path)).status, 401, path);
  assert.equal((await refusal(gateway.port, `/?token=${await token(-60)}`)).status, 401);
  const origin = { origin: "https://evil.example" };
  assert.equal((await refusal(gateway.port, `/?token=${good}`, origin)).status, 403);
  assert.equal((await refusal(gateway.port, `/?token=${good}`, {}, ["graphql-ws"])).status, 400);
  const ticket = newToken();
  const inAMinute = new Date(Date.now() + 60_000);
  const clientId = await createTestClient(database);
  await keepTicket(database, {
    ...{ clientId, credential: { kind: "session", id: clientId }, tokenExpiresAt: inAMinute },
    ...{ hash: hashToken(ticket), expiresAt: inAMinute },
  });
  const url = `ws://127.0.0.1:${gateway.port}/?ticket=${ticket}`;
  const socket = new WebSocket(url, "actioncable-v1-json", { origin: "https://app.example" });
  const heard: string[] = [];
  socket.on("message", (data) => heard.push(String(data)));
  await until(() => heard[0] === '{"type":"welcome"}', "welcome");
  assert.equal(socket.protocol, "actioncable-v1-json");
  assert.equal((await refusal(gateway.port, `/?ticket=${ticket}`)).status, 401);
  socket.close();
  await until(async () => (await rows()) === 0n, "the connection is forgotten");
});

test("the stock client subscribes through the gateway, and its subscription to an unknown symbol is rejected", async () => {
  Object.assign(globalThis, { addEventListener: () => {}, removeEventListener: () => {} });
  adapters.WebSocket = globalThis.WebSocket;
  const consumer = createConsumer(`ws://127.0.0.1:${gateway.port}/?token=${await token()}`);
  after(() => consumer.disconnect());
  const received: MarketMessage[] = [];
  const heard: string[] = [];
  consumer.subscriptions.create(
    { channel: "MarketChannel", symbols: ["AAPL"] },
    {
      connected: () => heard.push("connected"),
      received: (message: MarketMessage) => received.push(message),
    },
  );
  consumer.subscriptions.create(
    { channel: "MarketChannel", symbols: ["NOPE"] },
    { rejected: () => heard.push("rejected") },
  );
  await until(() => received.length === 2 && heard.length === 2, "the book, and a rejection");
  assert.deepEqual(heard.toSorted(), ["connected", "rejected"]);
  await writer.settle("AAPL", { place: [{ side: "buy", price: 1_000_000, quantity: 7 }] });
  await until(() => received.length >= 5, "the change");
  assert.deepEqual(
    received.map(({ type }) => type),
    ["quote", "orderbook", "depth", "quote", "orderbook"],
  );
  consumer.disconnect();
});

test("a client of the extended protocol resumes through the gateway", async () => {
  const cable = createCable(`ws://127.0.0.1:${gateway.port}/?token=${await token()}`, {
    ...{ protocol: "actioncable-v1-ext-json", websocketImplementation: WebSocket },
    ...{ historyTimestamp: 0, logLevel: "error" },
  } as never);
  after(() => cable.disconnect());
  const channel = cable.subscribeTo("MarketChannel", { symbols: ["MSFT"] } as never);
  const book = new ClientBook();
  channel.on("message", (message) => book.receive(message as unknown as MarketMessage));
  await until(() => book.seq >= 0, "the book");
  const before = new Set(gateway.connectionIds());
  assert.equal(before.size, 1);
  (cable.transport as unknown as { ws: { terminate: () => void } }).ws.terminate();
  for (let round = 0; round < 10; round += 1) await writer.tick("MSFT");
  await until(() => book.seq === writer.seqs.get("MSFT"), "what was missed");
  assert.equal(book.snapshots, 1, "it received the missed changes, not the whole book again");
  assert.deepEqual({ bids: book.levels("bids"), asks: book.levels("asks") }, naive("MSFT"));
  cable.disconnect();
});

test("sixty clients that reconnect, served by two workers of which one is killed, all have the book", async (t) => {
  await startWorker();
  const url = `ws://127.0.0.1:${gateway.port}/?token=${await token()}`;
  const clients = Array.from({ length: 60 }, (_, index) =>
    follower(url, index % 2 === 0 ? "AAPL" : "MSFT"),
  );
  await until(() => clients.every(({ book }) => book.seq >= 0), "all have a book", 60_000);
  const { rows: shares } = await database.query<{ count: bigint }>(sql`
    select count(*) from market.connection group by worker`);
  assert.equal(shares.length, 2, "only one of the processes speaks");
  for (let round = 0; round < 60; round += 1) {
    await writer.tick(round % 3 === 0 ? "AAPL" : "MSFT");
    if (round < 30) clients[(round * 7) % clients.length]?.drop();
    if (round === 30) workers[0]?.child.kill("SIGKILL");
  }
  const isDone = ({ symbol, book }: { symbol: string; book: ClientBook }) =>
    book.seq === writer.seqs.get(symbol);
  await until(() => clients.every(isDone), "all are at the end", 60_000);
  for (const { symbol, book } of clients)
    assert.deepEqual({ bids: book.levels("bids"), asks: book.levels("asks") }, naive(symbol));
  const goodbyes = clients.reduce((sum, { heard }) => sum + heard.goodbyes, 0);
  const connections = clients.reduce((sum, { heard }) => sum + heard.connections, 0);
  t.diagnostic(
    `${connections} connections, ${goodbyes} asked to come back, ${gateway.posts.sent} posts`,
  );
  assert.ok(goodbyes > 0, "the killed process had no connection");
  assert.ok(connections > 80);
  for (const client of clients) client.end();
  await until(async () => (await rows()) === 0n, "no connection stays");
});

test("a reader whose posts are slow is disconnected with the reason; another receives every change at once", async () => {
  const fast = await connectRaw(gateway.port);
  fast.subscribe(identify(["AAPL"]));
  await until(() => fast.messages().length === 2, "the book");
  const known = new Set(gateway.connectionIds());
  const slow = await connectRaw(gateway.port);
  slow.subscribe(identify(["AAPL"]));
  await until(() => slow.messages().length === 2, "its book");
  const slowId = gateway.connectionIds().find((id) => !known.has(id)) ?? "";
  gateway.delays.set(slowId, 300);
  const trade = { price: 1_000_000, quantity: 1, takerSide: "buy" as const };
  const trades = Array.from({ length: 200 }, () => trade);
  let batches = 0;
  for (; batches < 60 && gateway.connectionIds().includes(slowId); batches += 1) {
    const seq = await writer.settle("AAPL", { trades });
    const isThere = () => fast.messages().some(({ last_seq }) => last_seq === seq);
    await until(isThere, "the change, sent to the client that reads");
  }
  assert.ok(batches > 5, `dropped after ${batches} batches: its buffer is larger than that`);
  await slow.closed();
  assert.deepEqual(slow.frames.at(-1), {
    ...{ type: "disconnect", reason: "slow_client", reconnect: true },
  });
  fast.socket.close();
});

test("a client that sends too much is disconnected, and a text that is not a command is never stored", async () => {
  const client = await connectRaw(gateway.port);
  for (const text of ["hello", "{}", '{"command":"__proto__","identifier":"x"}', "x".repeat(9_000)])
    client.socket.send(text);
  client.subscribe(identify(["AAPL"]));
  await until(() => client.messages().length === 2, "the book");
  for (let count = 0; count < 300; count += 1)
    client.socket.send(JSON.stringify({ command: "unsubscribe", identifier: `never ${count}` }));
  await client.closed();
  assert.deepEqual(client.frames.at(-1), {
    ...{ type: "disconnect", reason: "invalid_request", reconnect: false },
  });
  await until(async () => (await rows()) === 0n, "the connection is forgotten");
});

test("the socket ends when its token does", async () => {
  const client = await connectRaw(gateway.port, { token: await token(3) });
  await client.closed();
  assert.deepEqual(client.frames.at(-1), {
    ...{ type: "disconnect", reason: "token_expired", reconnect: false },
  });
});

test("a client whose end was not reported is removed at the next post to it", async () => {
  const client = await connectRaw(gateway.port);
  assert.equal(await rows(), 1n);
  for (const id of gateway.connectionIds()) gateway.silent.add(id);
  client.socket.terminate();
  await until(async () => (await rows()) === 0n, "forgotten, at a ping");
});

test("own orders are sent to the client of the token", async () => {
  const clientId = await createTestClient(database);
  const client = await connectRaw(gateway.port, { token: await token(600, clientId) });
  client.subscribe(JSON.stringify({ channel: "OrdersChannel" }));
  await until(() => client.messages().length === 1, "its place");
  assert.equal((client.messages()[0] as { type: string } | undefined)?.type, "sequence");
  client.socket.close();
});

test("when stopped, the process disconnects all its clients with a reason", async () => {
  const client = await connectRaw(gateway.port);
  for (const worker of workers) await worker.stop();
  await client.closed();
  assert.deepEqual(client.frames.at(-1), {
    ...{ type: "disconnect", reason: "server_restart", reconnect: true },
  });
  assert.equal((await refusal(gateway.port, `/?token=${await token()}`)).status, 503);
});

test("while the database does not answer, handshakes get 503 and no function throws", async () => {
  const away = { query: () => Promise.reject(new Error("the database is away")) };
  const handlers = socketHandlers({
    ...{
      database: away,
      logger: testLogger(),
      authenticate,
      redeem,
      origins: [],
      maxPerClient: 1_000, // the sixty clients below share one token
    },
  });
  const requestContext = { connectionId: newUuid(), routeKey: "$default" };
  const good = { token: [await token()] };
  const connecting = await handlers.connect({
    requestContext: { ...requestContext, eventType: "CONNECT" },
    multiValueQueryStringParameters: good,
  });
  const body = JSON.stringify({ command: "subscribe", identifier: "x" });
  const saying = await handlers.message({
    ...{ requestContext: { ...requestContext, eventType: "MESSAGE" }, body },
  });
  const leaving = await handlers.disconnect({
    requestContext: { ...requestContext, eventType: "DISCONNECT" },
  });
  assert.deepEqual([connecting.statusCode, saying.statusCode, leaving.statusCode], [503, 503, 503]);
});

test("no log line contains a token", () => {
  for (const worker of workers) assert.doesNotMatch(worker.log(), /eyJ|[?&]t(oken|icket)=/);
});
