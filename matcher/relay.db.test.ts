import assert from "node:assert/strict";
import { after, test } from "node:test";
import { readShards, takeShards } from "../layers/store/matching/shards.ts";
import type { Executor, Sql } from "../layers/store/pg/database.ts";
import { sql } from "../layers/store/pg/database.ts";
import { createInstrument } from "../layers/testing/clients.ts";
import { testDatabase } from "../layers/testing/database.ts";
import { testLogger } from "../layers/testing/logger.ts";
import { until } from "../layers/testing/until.ts";
import { Relay } from "./relay.ts";

// When the relay reads the outbox: at once after a notification, soon after a lost notification,
// and otherwise rarely.

const database = await testDatabase();
await createInstrument(database, "AAPL");
const shards = (await readShards(database)).shards.map(({ shard }) => shard);
const leases = await takeShards(database, {
  ...{ holder: "relay", superseded: undefined, shards, seconds: 3_600 },
});

/**
 * A running relay, the commands it sent, and a gate that holds its reads back while it is closed.
 */
const relayAtWork = () => {
  let looks = 0;
  let sent = 0;
  let door = Promise.resolve();
  const query = async <Row extends object>(statement: Sql) => {
    looks += 1;
    const result = await database.query<Row>(statement);
    await door;
    return result;
  };
  const watched: Executor = { query };
  const queue = {
    send: async () => {},
    receive: async () => [],
    remove: async () => {},
    check: async () => {},
    close: () => {},
  };
  const relay = new Relay({
    database: { ...database, ...watched },
    logger: testLogger(),
    leases: () => leases,
    routeOf: () => ({ queue, settledSeq: Number.MAX_SAFE_INTEGER }),
    onSent: (_symbol, commands) => {
      sent += commands;
    },
    onLost: () => {},
  });
  relay.start();
  after(() => relay.stop());
  const shut = (opened: Promise<void>): void => {
    door = opened;
  };
  return { relay, looks: () => looks, sent: () => sent, shut };
};

const accept = () =>
  database.query(sql`insert into trading.outbox (symbol, command) values ('AAPL', '{}')`);

const { relay, looks, sent, shut } = relayAtWork();

test("a command whose notification was lost is still found", async () => {
  await accept();
  await until(() => sent() === 1, "the command is sent");
});

test("a notification during a pass starts another pass", async () => {
  const opened = Promise.withResolvers<void>();
  shut(opened.promise);
  const before = looks();
  relay.wake();
  await until(() => looks() > before, "the relay looks");
  await accept();
  relay.wake();
  opened.resolve();
  await until(() => sent() === 2, "the command is sent");
});

test("room for a symbol does not make an idle relay read the outbox", async () => {
  const before = looks();
  for (let count = 0; count < 1_000; count += 1) {
    relay.flush();
    await new Promise(setImmediate);
  }
  assert.ok(looks() - before < 100, `${looks() - before} looks for 1,000 calls`);
});
