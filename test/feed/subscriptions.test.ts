import assert from "node:assert/strict";
import { after, test } from "node:test";
import { testDatabase } from "../../layers/testing/database.ts";
import { connectRaw, identify, type MarketMessage, startFeed } from "./feed-client.ts";
import { createMarketWriter, eventually } from "./market-writer.ts";
import { stockClient } from "./stock-client.ts";

// Subscribing and unsubscribing, and the reasons of refusals.

const database = await testDatabase();
const writer = await createMarketWriter(database, ["AAPL"]);
const feed = await startFeed(database.url);
after(() => feed.stop());

test("the stock client receives the rejection of its subscription, and nothing else", async () => {
  const wrong = [{}, { symbols: ["NOPE"] }, { symbols: ["AAPL"], mode: "fast" }];
  for (const parameters of wrong) {
    const { callbacks, received } = await stockClient(feed.port, parameters);
    await eventually("the rejection", () => callbacks.length > 0);
    assert.deepEqual([callbacks, received], [["rejected"], []]);
  }
});

test("a rejection has a reason", async () => {
  const market = { channel: "MarketChannel" };
  const cases: readonly (readonly [string, string])[] = [
    ["not json", "invalid_identifier"],
    [JSON.stringify({ channel: "SecretChannel", symbols: ["AAPL"] }), "unknown_channel"],
    [JSON.stringify({ ...market, symbols: [] }), "invalid_symbols"],
    [JSON.stringify({ ...market, symbols: ["aapl"] }), "invalid_symbols"],
    [JSON.stringify({ ...market, symbols: ["__proto__"] }), "invalid_symbols"],
    [JSON.stringify({ ...market, symbols: Array(51).fill("AAPL") }), "too_many_symbols"],
    [JSON.stringify({ ...market, symbols: ["AAPL", "NOPE"] }), "unknown_symbol"],
    [JSON.stringify({ ...market, symbols: ["AAPL"], mode: "fast" }), "invalid_mode"],
  ];
  const client = await connectRaw(feed.port);
  for (const [identifier] of cases) client.subscribe(identifier);
  const rejections = () => client.frames.filter(({ type }) => type === "reject_subscription");
  await eventually("all rejections", () => rejections().length === cases.length);
  assert.deepEqual(
    rejections().map(({ identifier, code }) => [identifier, code]),
    cases,
  );
  assert.match(rejections()[6]?.detail ?? "", /NOPE/);
  client.socket.terminate();
});

test("a frame that is not a command is answered with a reason, and the connection stays open", async () => {
  const client = await connectRaw(feed.port);
  const cases: readonly (readonly [string | Buffer, string])[] = [
    ["hello", "malformed_command"],
    ["", "malformed_command"],
    ["[]", "malformed_command"],
    [Buffer.from('{"command":"subscribe","identifier":"x"}'), "malformed_command"],
    ["{}", "unknown_command"],
    ['{"command":"constructor","identifier":"x"}', "unknown_command"],
    ['{"command":"subscribe"}', "invalid_identifier"],
    ['{"command":"message","identifier":"x","data":"{}"}', "no_actions"],
  ];
  for (const [frame] of cases) client.socket.send(frame);
  const errors = () => client.frames.filter(({ type }) => type === "error");
  await eventually("all errors", () => errors().length === cases.length);
  assert.deepEqual(
    errors().map(({ code }) => code),
    cases.map(([, code]) => code),
  );
  client.subscribe(identify(["AAPL"]));
  await eventually("the book", () => client.messages().length === 2);
  client.socket.terminate();
});

test("the stock client ignores an error, and its subscriptions continue", async () => {
  const { subscription, received } = await stockClient(feed.port, { symbols: ["AAPL"], own: 1 });
  await eventually("the book", () => received.length === 2);
  subscription.perform("buy", { quantity: 5 });
  await writer.settle("AAPL", { place: [{ side: "buy", price: 1_000_000, quantity: 1 }] });
  await eventually("the change", () => received.length > 2);
  assert.ok(received.every((message) => message !== undefined));
});

test("a twenty-first subscription is rejected", async () => {
  const client = await connectRaw(feed.port);
  for (let count = 1; count <= 21; count += 1)
    client.subscribe(JSON.stringify({ channel: "MarketChannel", symbols: ["AAPL"], count }));
  const results = () => client.frames.filter(({ type }) => /_subscription$/.test(type ?? ""));
  await eventually("twenty-one results", () => results().length === 21);
  assert.equal(results().at(-1)?.code, "too_many_subscriptions");
  client.socket.terminate();
});

test("an identifier is returned as it was sent, and confirmed again when it is sent twice", async () => {
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
  await writer.settle("AAPL", { place: [{ side: "buy", price: 1_000_000, quantity: 1 }] });
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
  await writer.tick("AAPL");
  await eventually("the later change", () => later.length > 2);
  assert.equal(received.length, 2);
});

test("pings arrive with the time in whole seconds", async () => {
  const client = await connectRaw(feed.port);
  const pings = () => client.frames.filter(({ type }) => type === "ping");
  await eventually("two pings", () => pings().length === 2);
  const [first, second] = pings().map(({ message }) => Number(message));
  assert.ok(Number.isInteger(first) && Number.isInteger(second));
  assert.ok((second ?? 0) >= (first ?? 0) + 2, "every three seconds, at the earliest");
  client.socket.terminate();
});
