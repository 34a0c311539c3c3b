import assert from "node:assert/strict";
import { after, test } from "node:test";
import { formatMoney } from "../../layers/domain/units.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { createInstrument } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { until } from "../../layers/testing/until.ts";
import { ClientBook, connectRaw, identify, startFeed } from "./feed-client.ts";
import { createMarketWriter, eventually } from "./market-writer.ts";
import { stockClient } from "./stock-client.ts";

// What subscribers of the MarketChannel receive.

const database = await testDatabase();
const writer = await createMarketWriter(database, ["AAPL", "MSFT", "AMZN"]);
const feed = await startFeed(database.url);
after(() => feed.stop());

const naive = (symbol: string) => {
  const { bids, asks } = writer.book(symbol);
  const pairs = (levels: typeof bids) =>
    levels.map(({ price, quantity }) => [formatMoney(price), quantity]);
  return { bids: pairs(bids), asks: pairs(asks) };
};

/** Resolves when the feed has processed this command, a moment after the settlement. */
const hasSeen = async (symbol: string, seq: number): Promise<void> => {
  const client = await connectRaw(feed.port);
  client.subscribe(identify([symbol]));
  await eventually(`command ${seq}`, () =>
    client.messages().some((message) => message.seq === seq || message.last_seq === seq),
  );
  client.socket.terminate();
};

test("the stock client subscribes and receives quote and order book at once", async () => {
  const seq = await writer.settle("AAPL", {
    place: [
      { side: "buy", price: 1_009_900, quantity: 300 },
      { side: "sell", price: 1_010_100, quantity: 200 },
    ],
  });
  await hasSeen("AAPL", seq);
  const { callbacks, received } = await stockClient(feed.port, {
    symbols: ["AAPL"],
    mode: "normal",
  });
  await eventually("quote and book", () => received.length >= 2);
  assert.deepEqual(callbacks, ["connected"]);
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

test("a change sends the trade, the depth, the new quote and the new order book", async () => {
  const { received } = await stockClient(feed.port, { symbols: ["AAPL"] });
  await eventually("quote and book", () => received.length === 2);
  const seq = await writer.settle("AAPL", {
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
  const { received } = await stockClient(feed.port, { symbols: ["MSFT"] });
  const client = new ClientBook();
  let applied = 0;
  const apply = () => {
    for (; applied < received.length; applied += 1) {
      const message = received[applied];
      if (message !== undefined) client.receive(message);
    }
  };
  for (let round = 0; round < 150; round += 1) await writer.tick("MSFT");
  await eventually("the last batch", () => {
    apply();
    return client.seq === writer.seqs.get("MSFT");
  });
  const own = { bids: client.levels("bids"), asks: client.levels("asks") };
  assert.deepEqual(own, naive("MSFT"));
  assert.equal(client.snapshots, 1);
  assert.ok(client.checks > 150 && own.bids.length + own.asks.length > 20);
});

test("a later subscriber receives the whole book, deeper than the twenty levels of a change", async () => {
  const place = Array.from({ length: 25 }, (_, index) => ({
    ...{ side: "buy" as const, price: 900_000 - index * 100, quantity: 1 },
  }));
  await hasSeen("AMZN", await writer.settle("AMZN", { place }));
  const { received } = await stockClient(feed.port, { symbols: ["AMZN"] });
  await eventually("the book", () => received.length === 2);
  assert.equal(received[1]?.bids.length, 25);
  await writer.settle("AMZN", { place: [{ side: "buy", price: 910_000, quantity: 1 }] });
  await eventually(
    "the change",
    () => received.at(-1)?.type === "orderbook" && received.length > 2,
  );
  assert.equal(received.at(-1)?.bids.length, 20);
});

test("one subscription to several symbols receives each of them", async () => {
  const { received } = await stockClient(feed.port, { symbols: ["AAPL", "MSFT", "AAPL"] });
  await eventually("both", () => received.length === 4);
  assert.deepEqual(
    received.map(({ type, symbol }) => `${type} ${symbol}`),
    [...["quote AAPL", "orderbook AAPL", "quote MSFT", "orderbook MSFT"]],
  );
});

test("an instrument listed while the feed runs can be subscribed to", async () => {
  await createInstrument(database, "TSLA");
  const subscribe = async () => {
    const client = await stockClient(feed.port, { symbols: ["TSLA"] });
    await eventually("a result", () => client.callbacks.length > 0);
    return client;
  };
  let client = await subscribe();
  // The feed reads the list of symbols at most once a second.
  await until(async () => {
    if (client.callbacks[0] === "rejected") client = await subscribe();
    return client.callbacks[0] === "connected";
  }, "the subscription");
  await eventually("its book", () => client.received.length === 2);
  const book = client.received[1];
  assert.deepEqual([book?.bids, book?.asks, book?.seq], [[], [], 0]);
});

test("a throttled subscription receives many changes as one, and misses nothing", async () => {
  const client = await connectRaw(feed.port);
  client.subscribe(identify(["MSFT"], "throttled"));
  await eventually("the book", () => client.messages().length === 2);
  const depths = () => client.messages().filter(({ type }) => type === "depth");
  let batches = 0;
  while (depths().length < 4) {
    await writer.tick("MSFT");
    batches += 1;
  }
  await eventually("the last change", () => depths().at(-1)?.last_seq === writer.seqs.get("MSFT"));
  assert.ok(batches > 5 * depths().length, `${batches} batches in ${depths().length} messages`);
  const own = new ClientBook();
  for (const message of client.messages()) own.receive(message);
  assert.deepEqual({ bids: own.levels("bids"), asks: own.levels("asks") }, naive("MSFT"));
  const { rows } = await database.query<{ trades: bigint }>(sql`
    select count(*) as trades
    from trading.trade
    where symbol = 'MSFT' and seq > ${client.messages()[1]?.seq}`);
  const trades = client.messages().filter(({ type }) => type === "trade");
  assert.equal(BigInt(trades.length), rows[0]?.trades);
  assert.equal(new Set(trades.map((trade) => trade.trade_id)).size, trades.length);
  client.socket.terminate();
});
