import assert from "node:assert/strict";
import { after, test } from "node:test";
import { testDatabase } from "../../layers/testing/database.ts";
import { connectRaw, identify, type MarketMessage, startFeed } from "./feed-client.ts";
import { createVenue, eventually } from "./feed-venue.ts";
import { stockClient } from "./stock-client.ts";

// Subscribing and unsubscribing, and what a client is told when that is refused.

const database = await testDatabase();
const venue = await createVenue(database, ["AAPL"]);
const feed = await startFeed(database.url);
after(() => feed.stop());

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
    const { callbacks, received } = await stockClient(feed.port, params);
    await eventually(`rejection of ${JSON.stringify(params)}`, () => callbacks.length > 0);
    assert.deepEqual([callbacks, received], [["rejected"], []]);
  }
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
  const { consumer, subscription, received } = await stockClient(feed.port, { symbols: ["AAPL"] });
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

test("every three seconds there is a ping with the time in seconds", async () => {
  const client = await connectRaw(feed.port);
  const pings = () => client.frames.filter(({ type }) => type === "ping");
  await eventually("two pings", () => pings().length === 2);
  const [first, second] = pings().map(({ message }) => Number(message));
  assert.equal(Math.abs((second ?? 0) - (first ?? 0) - 3) <= 1, true);
  assert.ok(Math.abs((second ?? 0) - Date.now() / 1_000) < 3);
  client.socket.terminate();
});
