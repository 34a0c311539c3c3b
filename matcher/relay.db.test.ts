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

// When the relay looks into the outbox: at once when it is rung, soon when a ring was lost, and else seldom.

const database = await testDatabase();
await createInstrument(database, "AAPL");
const shards = (await readShards(database)).shards.map(({ shard }) => shard);
const leases = await takeShards(database, {
  ...{ holder: "relay", superseded: undefined, shards, seconds: 3_600 },
});

/** A relay at work, the commands it sent, and a door that its looks wait behind when it is shut. */
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
  const running = relay.run();
  after(async () => {
    relay.stop();
    await running;
  });
  const shut = (opened: Promise<void>): void => {
    door = opened;
  };
  return { relay, looks: () => looks, sent: () => sent, shut };
};

const accept = () =>
  database.query(sql`insert into trading.outbox (symbol, command) values ('AAPL', '{}')`);

const { relay, looks, sent, shut } = relayAtWork();

test("a command whose ring was lost is found all the same", async () => {
  await accept();
  await until(() => sent() === 1, "the command is sent", 1_000);
});

test("a ring that comes while the relay looks makes it look once more at once", async () => {
  const opened = Promise.withResolvers<void>();
  shut(opened.promise);
  const before = looks();
  relay.ring();
  await until(() => looks() > before, "the relay looks");
  await accept();
  relay.ring();
  const rung = performance.now();
  opened.resolve();
  await until(() => sent() === 2, "the command is sent");
  assert.ok(performance.now() - rung < 150, `${performance.now() - rung} ms after the ring`);
});

test("nobody rings: the relay looks a few times a second, and room for a symbol is no reason to", async () => {
  const before = looks();
  const begun = performance.now();
  await until(() => {
    relay.nudge();
    return performance.now() - begun > 1_000;
  }, "a second");
  assert.ok(looks() - before <= 6, `${looks() - before} looks in a second`);
});
