import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Ticker } from "../../layers/domain/identifiers.ts";
import { systemClock } from "../../layers/platform/clock.ts";
import { createMetrics } from "../../layers/platform/metrics.ts";
import { type Announcement, fromMessage, toMessage } from "../../layers/queue/messages.ts";
import type { IncomingMessage, Queue } from "../../layers/queue/sqs.ts";
import { readCommands } from "../../layers/store/matching/commands.ts";
import { readShards, releaseShards, takeShards } from "../../layers/store/matching/shards.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { createInstrument } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { testLogger } from "../../layers/testing/logger.ts";
import { testQueue } from "../../layers/testing/queue.ts";
import { randomBelow, SEED } from "../../layers/testing/random.ts";
import { order } from "../../layers/testing/terms.ts";
import { until } from "../../layers/testing/until.ts";
import { startMatcher } from "../../matcher/matcher.ts";
import { Relay } from "../../matcher/relay.ts";
import { assertUninterrupted } from "../support/books.ts";
import { createCrashingProcess } from "../support/crashing-process.ts";
import { createOrderPath } from "../support/exchange.ts";
import {
  lostOrders,
  placeWithRetries,
  richClients,
  settledSeq,
  unsettled,
} from "../support/stream.ts";

// The way from an accepted command to the queue: nothing is skipped, however late it commits;
// nothing takes effect twice, however often it is delivered.

const database = await testDatabase(40);
const queue = await testQueue();
const below = randomBelow(SEED);

test("with sixteen writers and slow commits nothing is skipped, nothing duplicated, and there is no gap", async (t) => {
  t.diagnostic(`seed ${SEED}`);
  const symbols = ["AAAA", "BBBB", "CCCC"];
  const [writers, commandsEach] = [16, 30];
  for (const symbol of symbols) await createInstrument(database, symbol);
  const shards = (await readShards(database)).shards.map(({ shard }) => shard);
  const taking = { holder: "relay", superseded: undefined, shards, seconds: 3_600 };
  const leases = await takeShards(database, taking);
  const settled = new Map<string, number>();
  const relay = new Relay({
    ...{ database, logger: testLogger(), leases: () => leases },
    routeOf: (symbol) => ({ queue, settledSeq: settled.get(symbol) ?? 0 }),
    onSent: () => {},
    onLost: () => {},
  });
  relay.start();
  const announced: Announcement[] = [];
  const readReceived = async () =>
    (await Promise.all(symbols.map((symbol) => readCommands(database, symbol, 0, 1_000))))
      .flat()
      .filter(({ symbol, seq }) => seq <= (settled.get(symbol) ?? 0))
      .map(({ symbol, seq, record }) => ({ symbol, seq, mark: (record as { mark: string }).mark }));
  const reading = new AbortController();
  const reader = readAll(queue, reading.signal, (message) => {
    const announcement = fromMessage(message.body);
    assert.ok(announcement !== undefined, "a message of the relay cannot be read");
    announced.push(announcement);
    settled.set(announcement.symbol, announcement.seq);
    relay.flush();
  });

  const outboxIds = new Map<string, bigint>();
  const write = async (writer: number): Promise<void> => {
    for (let count = 0; count < commandsEach; count += 1) {
      const symbol = symbols[below(symbols.length)] ?? "";
      await database.transaction(async (tx) => {
        const mark = `${writer}-${count}`;
        const { rows } = await tx.query<{ readonly outbox_id: bigint }>(sql`
          insert into trading.outbox (symbol, command)
          values (${symbol}, jsonb_build_object('mark', ${mark}::text))
          returning outbox_id`);
        outboxIds.set(mark, rows[0]?.outbox_id ?? 0n);
        await delay(below(40)); // a commit that takes its time: the very thing under test
      });
    }
  };
  t.after(() => {
    void relay.stop();
    reading.abort();
  });
  // Opens the connections first, because a busy machine takes long to open them.
  const connect = () => database.query(sql`select pg_sleep(0.1)`);
  const connected = () =>
    Promise.all(Array.from({ length: writers }, connect)).then(
      () => true,
      () => false,
    );
  await until(connected, "every writer has a connection");
  await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
  await until(
    async () => (await readReceived()).length >= writers * commandsEach,
    "all of it is received",
  );
  const received = await readReceived();
  await relay.stop();
  reading.abort();
  await reader;

  assert.equal(new Set(received.map(({ mark }) => mark)).size, writers * commandsEach);
  assert.equal(received.length, writers * commandsEach);
  for (const symbol of symbols) {
    const seqs = received.filter((message) => message.symbol === symbol).map(({ seq }) => seq);
    assert.deepEqual(
      seqs,
      seqs.map((_, index) => index + 1),
    );
  }
  for (const symbol of symbols) {
    const seqs = announced.filter((message) => message.symbol === symbol).map(({ seq }) => seq);
    assert.deepEqual(
      seqs,
      seqs.toSorted((left, right) => left - right),
      `${symbol} was announced out of sequence`,
    );
  }
  const late = countLate(received.map(({ mark }) => outboxIds.get(mark) ?? 0n));
  t.diagnostic(`${received.length} commands, ${late} of them committed after a later one was sent`);
  assert.ok(late >= 50, `only ${late} commits were late`);
  await database.query(sql`delete from trading.book where symbol = any(${symbols}::text[])`);
  await releaseShards(database, leases);
});

/** How many commands were sent after a command with a higher number in the outbox. */
const countLate = (numbers: readonly bigint[]): number => {
  let highest = 0n;
  let late = 0;
  for (const number of numbers) {
    if (number < highest) late += 1;
    else highest = number;
  }
  return late;
};

const readAll = async (
  from: Queue,
  signal: AbortSignal,
  take: (message: IncomingMessage) => void,
): Promise<void> => {
  while (!signal.aborted) {
    const messages = await from.receive(1, signal).catch(() => []);
    for (const message of messages) take(message);
    if (messages.length > 0) await from.remove(messages);
  }
};

/** A matcher on the test's queues that may die, and what it received from the queue. */
const startHere = async (crashable = createCrashingProcess()) => {
  const removed: string[] = [];
  const noting = (real: Queue): Queue => ({
    ...real,
    remove: async (messages) => {
      await real.remove(messages);
      removed.push(...messages.map(({ body }) => body));
    },
  });
  const starting = startMatcher({
    ...{ clock: systemClock, logger: testLogger(), metrics: createMetrics() },
    database: crashable.database(database),
    bookDatabase: crashable.database(database),
    queueOf: (shard) => crashable.queue(noting(queue.queueOf(shard))),
    config: { databaseUrl: database.url, instance: "matcher" },
  });
  return { matcher: await starting, removed };
};

test("a relay that dies between its commit and the queue loses nothing", async (t) => {
  const symbol = "DDDD" as Ticker;
  await createInstrument(database, symbol);
  const clients = await richClients(database, 2, [symbol]);
  const orderPath = createOrderPath(database);
  const placed = [];
  let unsent = 0;
  for (let death = 1; death <= 5; death += 1) {
    const crashable = createCrashingProcess({ site: "before send", occurrence: death });
    const { matcher } = await startHere(crashable);
    t.after(() => void matcher.stop());
    while (!crashable.isDead())
      for (const [index, client] of clients.entries()) {
        const side = index === 0 ? "buy" : "sell";
        placed.push(
          await placeWithRetries(
            orderPath,
            client,
            order(side, 1 + below(5), "100.00", { symbol }),
          ),
        );
      }
    if ((await unsettled(database)) > 0) unsent += 1;
    void matcher.stop();
  }
  const { matcher } = await startHere();
  t.after(() => matcher.stop());
  await until(async () => (await unsettled(database)) === 0, "everything is settled");
  assert.deepEqual(await lostOrders(database, placed), []);
  const trades = await assertUninterrupted(database, symbol);
  t.diagnostic(`${placed.length} orders, ${trades} trades, ${unsent} of 5 deaths left something`);
  assert.equal(unsent, 5);
});

test("a duplicate message six minutes later, which the queue no longer recognises, has no effect", async (t) => {
  const symbol = "DDDD" as Ticker;
  const { matcher, removed } = await startHere();
  t.after(() => matcher.stop());
  const last = await settledSeq(database, symbol);
  const copies = Array.from({ length: last }, (_, index) => toMessage({ symbol, seq: index + 1 }));
  const { rows } = await database.query<{ readonly shard: number }>(
    sql`select shard from trading.book where symbol = ${symbol}`,
  );
  // The queue recognises a message by its deduplication id for five minutes; with another id it
  // counts as new.
  const late = copies.map((copy) => ({ ...copy, deduplicationId: `late-${copy.deduplicationId}` }));
  await queue.queueOf(rows[0]?.shard ?? 0).send(late);
  const seen = () => late.every(({ body }) => removed.includes(body));
  await until(seen, "the matcher has taken every copy");
  assert.ok(late.length > 0);
  assert.equal(await settledSeq(database, symbol), last);
  await assertUninterrupted(database, symbol);
});
