import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { adapters, type Consumer, createConsumer } from "@rails/actioncable";
import { WebSocket } from "ws";
import { formatMoney } from "../../layers/domain/units.ts";
import { createInstrument } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import {
  ClientBook,
  connectRaw,
  identify,
  type MarketMessage,
  refusal,
  startFeed,
  token,
} from "./feed-client.ts";
import { createVenue, eventually } from "./feed-venue.ts";

const database = await testDatabase();
const venue = await createVenue(database, ["AAPL", "MSFT", "AMZN"]);
const feed = await startFeed(database.url);
after(() => feed.stop());

// The stock client is made for browsers; these are all it asks of one.
Object.assign(globalThis, { addEventListener: () => {}, removeEventListener: () => {} });
adapters.WebSocket = globalThis.WebSocket;

const consumers: Consumer[] = [];
after(() => {
  for (const consumer of consumers) consumer.disconnect();
});

const stockClient = async (params: object) => {
  const url = `ws://127.0.0.1:${feed.port}/cable?token=${await token()}`;
  const consumer = createConsumer(url);
  consumers.push(consumer);
  const received: MarketMessage[] = [];
  const heard: string[] = [];
  const subscription = consumer.subscriptions.create(
    { channel: "MarketChannel", ...params },
    {
      connected: () => heard.push("connected"),
      rejected: () => heard.push("rejected"),
      received: (message: MarketMessage) => received.push(message),
    },
  );
  return { consumer, subscription, received, heard };
};

const naive = (symbol: string) => {
  const { bids, asks } = venue.book(symbol);
  const pairs = (levels: typeof bids) =>
    levels.map(({ price, quantity }) => [formatMoney(price), quantity]);
  return { bids: pairs(bids), asks: pairs(asks) };
};

/** Resolves when the feed has this command: what is settled is seen a moment later. */
const hasSeen = async (symbol: string, seq: number): Promise<void> => {
  const client = await connectRaw(feed.port);
  client.subscribe(identify([symbol]));
  await eventually(`command ${seq}`, () =>
    client.messages().some((message) => message.seq === seq || message.last_seq === seq),
  );
  client.socket.terminate();
};

test("the stock client subscribes and receives quote and order book at once", async () => {
  const seq = await venue.settle("AAPL", {
    place: [
      { side: "buy", price: 1_009_900, quantity: 300 },
      { side: "sell", price: 1_010_100, quantity: 200 },
    ],
  });
  await hasSeen("AAPL", seq);
  const { heard, received } = await stockClient({ symbols: ["AAPL"], mode: "normal" });
  await eventually("quote and book", () => received.length >= 2);
  assert.deepEqual(heard, ["connected"]);
  const [quote, book] = received;
  const { ts, ...prices } = quote ?? { ts: "" };
  assert.ok(Date.parse(ts) > 0);
  assert.deepEqual(prices, {
    ...{ type: "quote", symbol: "AAPL", seq },
    ...{ bid: "100.99", ask: "101.01", mid: "101.00", last: null },
  });
  assert.deepEqual(book?.bids, [["100.99", 300]]);
  assert.deepEqual(book?.asks, [["101.01", 200]]);
  assert.equal(book?.seq, seq);
});

test("a change brings the trade, the depth, the new quote and the new order book", async () => {
  const { received } = await stockClient({ symbols: ["AAPL"] });
  await eventually("quote and book", () => received.length === 2);
  const seq = await venue.settle("AAPL", {
    place: [{ side: "buy", price: 1_010_000, quantity: 7 }],
    trades: [{ price: 1_010_100, quantity: 5, takerSide: "buy" }],
  });
  await eventually("four messages", () => received.length === 6);
  const [trade, depth, quote, book] = received.slice(2);
  assert.deepEqual(
    received.slice(2).map(({ type }) => type),
    ["trade", "depth", "quote", "orderbook"],
  );
  assert.deepEqual(
    { ...trade, ts: "" },
    {
      ...{ type: "trade", symbol: "AAPL", trade_id: `AAPL-${seq}-0`, price: "101.01", quantity: 5 },
      ...{ taker_side: "buy", seq, ts: "" },
    },
  );
  assert.deepEqual([depth?.first_seq, depth?.last_seq], [seq, seq]);
  assert.deepEqual(depth?.bids, [["101.00", 7]]);
  assert.deepEqual([quote?.bid, quote?.last, quote?.seq], ["101.00", "101.01", seq]);
  assert.deepEqual(book?.bids[0], ["101.00", 7]);
  assert.equal(book?.checksum, depth?.checksum);
});

test("a client that applies the depth messages has exactly the server's book", async () => {
  const { received } = await stockClient({ symbols: ["MSFT"] });
  const client = new ClientBook();
  let applied = 0;
  const apply = () => {
    for (; applied < received.length; applied += 1) {
      const message = received[applied];
      if (message !== undefined) client.receive(message);
    }
  };
  for (let round = 0; round < 150; round += 1) await venue.tick("MSFT");
  await eventually("the last batch", () => {
    apply();
    return client.seq === venue.seqs.get("MSFT");
  });
  const own = { bids: client.levels("bids"), asks: client.levels("asks") };
  assert.deepEqual(own, naive("MSFT"));
  assert.equal(client.snapshots, 1);
  assert.ok(client.checks > 150 && own.bids.length + own.asks.length > 20);
});

test("someone who joins later sees the whole book, deeper than the twenty levels of a change", async () => {
  const place = Array.from({ length: 25 }, (_, index) => ({
    ...{ side: "buy" as const, price: 900_000 - index * 100, quantity: 1 },
  }));
  await hasSeen("AMZN", await venue.settle("AMZN", { place }));
  const { received } = await stockClient({ symbols: ["AMZN"] });
  await eventually("the book", () => received.length === 2);
  assert.equal(received[1]?.bids.length, 25);
  await venue.settle("AMZN", { place: [{ side: "buy", price: 910_000, quantity: 1 }] });
  await eventually(
    "the change",
    () => received.at(-1)?.type === "orderbook" && received.length > 2,
  );
  assert.equal(received.at(-1)?.bids.length, 20);
});

test("one subscription to several symbols receives each of them", async () => {
  const { received } = await stockClient({ symbols: ["AAPL", "MSFT", "AAPL"] });
  await eventually("both", () => received.length === 4);
  assert.deepEqual(
    received.map(({ type, symbol }) => `${type} ${symbol}`),
    [...["quote AAPL", "orderbook AAPL", "quote MSFT", "orderbook MSFT"]],
  );
});

test("subscriptions to no symbol, an unknown symbol, another channel or mode are rejected", async () => {
  const wrong = [
    {},
    { symbols: [] },
    { symbols: ["NOPE"] },
    { symbols: ["AAPL", "NOPE"] },
    { symbols: "AAPL" },
    { symbols: [1] },
    { symbols: ["aapl"] },
    { symbols: ["AAPL"], mode: "fast" },
    { symbols: ["AAPL"], channel: "SecretChannel" },
    { symbols: ["__proto__"] },
  ];
  for (const params of wrong) {
    const { heard, received } = await stockClient(params);
    await eventually(`rejection of ${JSON.stringify(params)}`, () => heard.length > 0);
    assert.deepEqual([heard, received], [["rejected"], []]);
  }
});

test("an instrument listed while the feed runs can be subscribed to", async () => {
  await delay(1_000); // the feed asks for new symbols at most once a second
  await createInstrument(database, "TSLA");
  const { heard, received } = await stockClient({ symbols: ["TSLA"] });
  await eventually("its book", () => received.length === 2);
  assert.deepEqual(heard, ["connected"]);
  assert.deepEqual([received[1]?.bids, received[1]?.asks, received[1]?.seq], [[], [], 0]);
});

test("an identifier comes back as it was sent, and twice the same is confirmed twice", async () => {
  const client = await connectRaw(feed.port);
  const identifier =
    '{ "symbols":["AAPL"],\t"mode":"normal", "channel":"MarketChannel","né":"\\u00e9 \\"" }';
  client.subscribe(identifier);
  client.subscribe(identifier);
  await eventually("two books", () => client.messages().length === 4);
  const confirmed = client.frames.filter(({ type }) => type === "confirm_subscription");
  assert.deepEqual(
    confirmed.map((frame) => frame.identifier),
    [identifier, identifier],
  );
  assert.equal(client.messages(identifier).length, 4);
  await venue.settle("AAPL", { place: [{ side: "buy", price: 1_000_000, quantity: 1 }] });
  await eventually("the change", () => client.messages().length >= 6);
  assert.deepEqual(
    client
      .messages()
      .slice(4)
      .map(({ type }) => type),
    ["depth", "orderbook"],
  );
  client.socket.terminate();
});

test("after unsubscribing nothing more is received", async () => {
  const { consumer, subscription, received } = await stockClient({ symbols: ["AAPL"] });
  await eventually("the book", () => received.length === 2);
  subscription.unsubscribe();
  const later: MarketMessage[] = [];
  consumer.subscriptions.create(
    { channel: "MarketChannel", symbols: ["AAPL"], later: true },
    { received: (message: MarketMessage) => later.push(message) },
  );
  await eventually("the later book", () => later.length === 2);
  await venue.tick("AAPL");
  await eventually("the later change", () => later.length > 2);
  assert.equal(received.length, 2);
});

test("a throttled subscription hears at most one change a second and misses nothing", async () => {
  const client = await connectRaw(feed.port);
  const identifier = identify(["MSFT"], "throttled");
  client.subscribe(identifier);
  await eventually("the book", () => client.messages().length === 2);
  const times: number[] = [];
  client.socket.on("message", (data) => {
    if (data.toString().includes('"type":"depth"')) times.push(performance.now());
  });
  let batches = 0;
  const until = performance.now() + 3_500;
  for (; performance.now() < until; batches += 1) await venue.tick("MSFT");
  await eventually("the last change", () =>
    client.messages().some(({ last_seq }) => last_seq === venue.seqs.get("MSFT")),
  );
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  assert.ok(
    gaps.every((gap) => gap > 950),
    `gaps of ${gaps.map(Math.round)} ms`,
  );
  assert.ok(times.length >= 3 && batches > 5 * times.length);
  const own = new ClientBook();
  for (const message of client.messages()) own.receive(message);
  assert.deepEqual({ bids: own.levels("bids"), asks: own.levels("asks") }, naive("MSFT"));
  const { rows } = await database.query<{ trades: bigint }>({
    name: "",
    text: `select coalesce(sum(jsonb_array_length(trades)), 0)::bigint as trades
      from market.event where symbol = 'MSFT' and last_seq > $1`,
    values: [client.messages()[1]?.seq],
  });
  const trades = client.messages().filter(({ type }) => type === "trade");
  assert.equal(BigInt(trades.length), rows[0]?.trades);
  assert.equal(new Set(trades.map((trade) => trade.trade_id)).size, trades.length);
  client.socket.terminate();
});

test("every three seconds there is a ping with the time in seconds", async () => {
  const client = await connectRaw(feed.port);
  const pings = () => client.frames.filter(({ type }) => type === "ping");
  await eventually("two pings", () => pings().length === 2);
  const [first, second] = pings().map(({ message }) => Number(message));
  assert.equal(Math.abs((second ?? 0) - (first ?? 0) - 3) <= 1, true);
  assert.ok(Math.abs((second ?? 0) - Date.now() / 1_000) < 3);
  client.socket.terminate();
});

test("a missing, wrong, altered or expired token is refused at the handshake with 401", async () => {
  const good = await token();
  const tampered = `${good.slice(0, -3)}AAA`;
  const none = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${good.split(".")[1]}.`;
  const paths = ["/cable", "/cable?token=", "/cable?token=abc", `/cable?token=${tampered}`];
  paths.push(`/cable?token=${none}`, `/cable?token=${await token(-60)}`);
  paths.push(`/cable?token=${good}&token=${good}`, `/cable?token[]=${good}`, "/cable?ticket=x");
  for (const path of paths) {
    const { status, headers } = await refusal(feed.port, path);
    assert.equal(status, 401, path);
    assert.equal(headers["x-instance"], "market-feed");
    assert.ok(headers["x-correlation-id"]);
  }
  const bad = await refusal(feed.port, "/cable", { authorization: "Bearer x.y.z" });
  assert.equal(bad.status, 401);
});

test("the token may come in the Authorization header", async () => {
  const client = await connectRaw(feed.port, {
    headers: { authorization: `Bearer ${await token()}` },
  });
  assert.equal(client.socket.protocol, "actioncable-v1-json");
  client.socket.terminate();
});

test("a client that offers no sub-protocol is taken, one that offers only others is not", async () => {
  const path = `/cable?token=${await token()}`;
  const plain = new WebSocket(`ws://127.0.0.1:${feed.port}${path}`);
  await new Promise((resolve) => plain.once("message", resolve));
  assert.equal(plain.protocol, "");
  plain.terminate();
  assert.equal((await refusal(feed.port, path, {}, ["graphql-ws", "x"])).status, 400);
  const both = new WebSocket(`ws://127.0.0.1:${feed.port}${path}`, ["x", "actioncable-v1-json"]);
  await new Promise((resolve) => both.once("open", resolve));
  assert.equal(both.protocol, "actioncable-v1-json");
  both.terminate();
});

test("only /cable takes sockets", async () => {
  const good = await token();
  for (const path of ["/", "/cable/", "/cablex", "/health", "/%40connections/constructor"])
    assert.equal((await refusal(feed.port, `${path}?token=${good}`)).status, 404);
});

test("the socket ends when its token does, and the client is told why", async () => {
  const client = await connectRaw(feed.port, { token: await token(2) });
  client.subscribe(identify(["AAPL"]));
  const opened = performance.now();
  await client.closed();
  assert.ok(performance.now() - opened < 3_500);
  assert.deepEqual(client.frames.at(-1), {
    ...{ type: "disconnect", reason: "token_expired", reconnect: false },
  });
});

test("health and metrics answer beside the sockets, with who answered", async () => {
  const client = await connectRaw(feed.port);
  const health = await fetch(`http://127.0.0.1:${feed.port}/health`, {
    headers: { "x-correlation-id": "abc" },
  });
  assert.equal(health.status, 200);
  assert.deepEqual(await health.json(), {
    ...{ status: "ok", instance: "market-feed", checks: { database: "ok", feed: "ok" } },
  });
  assert.equal(health.headers.get("x-instance"), "market-feed");
  assert.equal(health.headers.get("x-correlation-id"), "abc");
  const metrics = await (await fetch(`http://127.0.0.1:${feed.port}/metrics`)).text();
  assert.match(metrics, /^cable_connections [1-9]/m);
  assert.match(metrics, /^cable_connections_total [1-9]/m);
  assert.match(metrics, /^feed_delivery_seconds_count [1-9]/m);
  client.socket.terminate();
});

test("no token was ever logged", () => {
  assert.doesNotMatch(feed.log(), /eyJ/);
});
