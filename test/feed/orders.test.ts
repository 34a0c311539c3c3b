import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { type Cable, type Channel, createCable } from "@anycable/core";
import { WebSocket } from "ws";
import type { ClientId } from "../../layers/domain/identifiers.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { readActivities } from "../../layers/store/notifications/activities.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { recordByHand } from "../../layers/testing/activities.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { randomBelow, SEED } from "../../layers/testing/random.ts";
import { order, usd } from "../../layers/testing/terms.ts";
import { until } from "../../layers/testing/until.ts";
import { exchange } from "../support/exchange.ts";
import { connectRaw, type FeedProcess, startFeed, token } from "./feed-client.ts";
import { assertComplete, assertTruth, type OrderEvent, upToDate } from "./order-events.ts";

// A client's own orders, fills and balances: orders are really placed, matched and settled, and the
// feed is the real process. Whatever fails meanwhile, the client ends with all events, in order.

const ORDERS = '{"channel":"OrdersChannel"}';

const database = await testDatabase();
await createInstrument(database, "AAPL");
const market = await exchange(database);
await market.start();
let feed: FeedProcess = await startFeed(database.url);
after(() => feed.stop());
/**
 * Cleans up what a failed test leaves open: a client that reconnects for ever would keep the
 * process alive.
 */
const leave: (() => unknown)[] = [];
afterEach(() => leave.splice(0).forEach((close) => void close()));
const below = randomBelow(SEED);

const trader = (): Promise<ClientId> =>
  createTestClient(database, { cash: usd("10000000"), shares: { AAPL: 100_000 } });

const listen = async (client: ClientId, identifier = ORDERS) => {
  const raw = await connectRaw(feed.port, { token: await token(600, client) });
  leave.push(() => raw.socket.terminate());
  raw.subscribe(identifier);
  const events = () => raw.messages(identifier) as unknown as readonly OrderEvent[];
  await until(() => events().length > 0, "the place in the sequence");
  return { raw, events };
};

/**
 * Trades for several rounds or while a condition holds, four orders at a time; the last of four
 * waits for its outcome.
 */
const trade = async (client: ClientId, rounds: number | (() => boolean)): Promise<void> => {
  const goesOn = typeof rounds === "number" ? (round: number) => round < rounds : rounds;
  for (let round = 0; round % 4 !== 0 || goesOn(round); round += 1) {
    const side = below(2) === 0 ? "buy" : "sell";
    const price = (100 + (below(11) - 5) / 100).toFixed(2);
    const placed = await market.place(client, order(side, 1 + below(9), price));
    if (round % 4 === 0) await market.cancel(placed);
    else if (round % 4 === 3) await market.matched(placed);
  }
};

test("a client receives every change of its orders, every fill and every balance, in one sequence", async (t) => {
  t.diagnostic(`seed ${SEED}`);
  const [client, other] = [await trader(), await trader()];
  const { events } = await listen(client);
  const start = events()[0]?.event_id ?? Number.NaN;
  await Promise.all([trade(client, 60), trade(other, 60), trade(client, 40)]);
  await upToDate(database, client, () => events().at(-1)?.event_id);
  const told = events().slice(1);
  assertComplete(told, start);
  await assertTruth(database, client, told);
  assert.ok(told.filter(({ type }) => type === "fill").length > 10);
  assert.ok(told.some((event) => event.order?.pending_action === "pending_cancel"));
  // The list of activities has the same events in the same order.
  const activities = await readActivities(database, client, { after: start, limit: 10_000 });
  assert.deepEqual(
    activities.map(({ eventId, type }) => `${eventId} ${type}`),
    told.map(({ event_id, type }) => `${event_id} ${type}`),
  );
});

test("a client receives each status of its withdrawal, also when no cash of its own moves", async () => {
  const client = await trader();
  const { events } = await listen(client);
  const id = newUuid();
  await database.query(sql`
    select ledger.request_withdrawal(
      ${client}, 'key', ${Buffer.alloc(32)}, '{}', ${id}, ${usd("10")}, 'USD', now(), 'test', 20)`);
  await upToDate(database, client, () => events().at(-1)?.event_id);
  await database.query(sql`select ledger.end_withdrawal(${id}, 'completed', null)`);
  await upToDate(database, client, () => events().at(-1)?.event_id);
  assert.deepEqual(
    events().map(({ type, status }) => (type === "withdrawal" ? status : type)),
    ["sequence", "transfer", "balance", "pending", "completed"],
  );
});

test("no client receives events of another client's orders, whatever the identifier says", async () => {
  const [victim, spy] = [await trader(), await trader()];
  const spies = await Promise.all(
    [
      { channel: "OrdersChannel" },
      { channel: "OrdersChannel", client_id: victim },
      { channel: "OrdersChannel", clientId: victim, client: victim, sub: victim },
    ].map((identifier) => listen(spy, JSON.stringify(identifier))),
  );
  const { events } = await listen(victim);
  const before = events()[0]?.event_id ?? Number.NaN;
  await trade(victim, 12);
  await upToDate(database, victim, () => events().at(-1)?.event_id);
  assert.ok((events().at(-1)?.event_id ?? 0) > before + 12);
  for (const { events: heard } of spies) {
    assert.deepEqual(
      heard().map(({ type }) => type),
      ["sequence"],
    );
  }
});

test("two devices of a client receive the same, and a device that unsubscribes receives no more", async () => {
  const client = await trader();
  const [phone, laptop] = [await listen(client), await listen(client)];
  await trade(client, 8);
  await upToDate(database, client, () => phone.events().at(-1)?.event_id);
  await upToDate(database, client, () => laptop.events().at(-1)?.event_id);
  assert.deepEqual(phone.events().slice(1), laptop.events().slice(1));
  phone.raw.socket.send(JSON.stringify({ command: "unsubscribe", identifier: ORDERS }));
  await trade(client, 8);
  await upToDate(database, client, () => laptop.events().at(-1)?.event_id);
  assert.ok(phone.events().length < laptop.events().length);
});

test("a client that subscribes while orders are placed misses none between its position and its first event", async () => {
  const client = await trader();
  const pouring = trade(client, 80);
  const listeners: Awaited<ReturnType<typeof listen>>[] = [];
  for (let count = 0; count < 15; count += 1) listeners.push(await listen(client));
  await pouring;
  for (const { events } of listeners) {
    await upToDate(database, client, () => events().at(-1)?.event_id);
    const [start, ...told] = events();
    assert.deepEqual(
      told.map(({ event_id }) => event_id),
      told.map((_, index) => (start?.event_id ?? 0) + index + 1),
    );
  }
  const starts = new Set(listeners.map(({ events }) => events()[0]?.event_id));
  assert.ok(starts.size > 3, `they began at ${starts.size} different places`);
});

test("a new subscriber does not wait until a large backlog of events is numbered", async (t) => {
  const [busy, client] = [await trader(), await trader()];
  await database.query(sql`
    insert into trading.activity_outbox (balances)
    select array[row(
      ${busy}, 'USD', case n when 20000 then available else n end, held)::trading.recorded_balance]
    from ledger.balance, generate_series(1, 20000) as n
    where client_id = ${busy} and asset = 'USD'
    order by n`);
  const { events } = await listen(client);
  const { rows } = await database.query<{ waiting: bigint }>(
    sql`select count(*) as waiting from trading.activity_outbox`,
  );
  t.diagnostic(`${rows[0]?.waiting} changes were waiting`);
  assert.ok((rows[0]?.waiting ?? 0n) > 0n, "the newcomer was welcomed last");
  await market.matched(await market.place(client, order("buy", 1, "90.00")));
  await upToDate(database, client, () => events().at(-1)?.event_id);
  assert.deepEqual(
    events().map(({ event_id }) => event_id),
    events().map((_, index) => (events()[0]?.event_id ?? 0) + index),
    "nothing is missing after the place",
  );
  await recordByHand(database, busy);
});

/** The published client of the extended protocol, which reconnects by itself. */
const extendedClient = async (client: ClientId) => {
  const sockets: WebSocket[] = [];
  class Recorded extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols);
      sockets.push(this);
    }
  }
  const cable: Cable = createCable(
    `ws://127.0.0.1:${feed.port}/cable?token=${await token(600, client)}`,
    {
      protocol: "actioncable-v1-ext-json",
      websocketImplementation: Recorded,
      reconnectStrategy: () => 20,
      logLevel: "error",
    },
  );
  leave.push(() => cable.disconnect());
  const events: OrderEvent[] = [];
  const heard: string[] = [];
  const channel: Channel = cable.subscribeTo("OrdersChannel");
  channel.on("message", (message) => events.push(message as OrderEvent));
  channel.on("info", ({ type }) => heard.push(type));
  await until(() => events.length > 0, "the place in the sequence");
  return {
    ...{ events, heard },
    told: () => events.filter(({ type }) => type !== "sequence"),
    drop: () => sockets.at(-1)?.terminate(),
    connections: () => sockets.length,
  };
};

test("a client of the extended protocol is disconnected again and again, and receives each event once", async () => {
  const client = await trader();
  const device = await extendedClient(client);
  const start = device.events[0]?.event_id ?? Number.NaN;
  let isDropping = true;
  const drops = async (): Promise<void> => {
    for (let drop = 0; drop < 12; drop += 1) {
      const before = device.events.length;
      await until(() => device.events.length > before + 3, "some events");
      device.drop();
    }
  };
  await Promise.all([
    trade(client, () => isDropping),
    drops().finally(() => {
      isDropping = false;
    }),
  ]);
  await upToDate(database, client, () => device.told().at(-1)?.event_id);
  assertComplete(device.told(), start);
  await assertTruth(database, client, device.told());
  assert.ok(device.connections() > 10);
  assert.ok(device.heard.includes("history_received"));
  assert.ok(!device.heard.includes("history_not_found"));
});

test("after the feed was killed while orders traded, the client receives what it missed", async () => {
  const client = await trader();
  const device = await extendedClient(client);
  const start = device.events[0]?.event_id ?? Number.NaN;
  const trading = trade(client, 60);
  await until(() => device.told().length > 20, "some events");
  const { port } = feed;
  feed.child.kill("SIGKILL");
  await until(() => feed.child.signalCode !== null, "the end of the feed");
  await Promise.all([trading, trade(client, 12)]);
  const heard = device.told().length;
  feed = await startFeed(database.url, { FEED_PORT: String(port) });
  await upToDate(database, client, () => device.told().at(-1)?.event_id);
  assert.ok(device.told().length > heard, "events came while it was away");
  assertComplete(device.told(), start);
  await assertTruth(database, client, device.told());
});
