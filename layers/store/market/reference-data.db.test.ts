import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientId, Ticker } from "../../domain/identifiers.ts";
import { newUuid } from "../../platform/ids.ts";
import { createInstrument, createTestClient } from "../../testing/clients.ts";
import { testDatabase } from "../../testing/database.ts";
import { until } from "../../testing/until.ts";
import { type Executor, sql } from "../pg/database.ts";
import { createReferenceData } from "./reference-data.ts";

const database = await testDatabase();
const AAPL = "AAPL" as Ticker;
await createInstrument(database, AAPL);

/**
 * A database whose answers can be held back, as when it is slow, or refused, as when it is down.
 */
const behindDoor = () => {
  let door = Promise.resolve();
  let reads = 0;
  const executor: Executor = {
    query: async (statement) => {
      reads += 1;
      await door;
      return database.query(statement);
    },
  };
  const shut = (until: Promise<void>): void => {
    door = until;
  };
  return { executor, reads: () => reads, shut };
};

/** A clock that stands still until the test moves it. */
const stoppedClock = () => {
  let now = Date.now();
  return {
    clock: () => new Date(now),
    move: (ms: number): void => {
      now += ms;
    },
  };
};

const setLot = (lot: number) =>
  database.query(sql`update market.instrument set lot_size = ${lot} where symbol = ${AAPL}`);

test("an operator's change takes effect within a second, also after a pause without orders", async () => {
  const { clock, move } = stoppedClock();
  const reference = createReferenceData(database, { clock });
  await setLot(1);
  assert.equal((await reference.instrument(AAPL))?.lotSize, 1);
  await setLot(10);
  move(1_000);
  assert.equal((await reference.instrument(AAPL))?.lotSize, 10);
});

test("an account's limit that changed during a long pause takes effect at the next read", async () => {
  const clientId = await createTestClient(database);
  const { clock, move } = stoppedClock();
  const reference = createReferenceData(database, { clock });
  assert.equal((await reference.account(clientId))?.maxQuantity, undefined);
  await database.query(sql`
    update trading.account set max_quantity = 5 where client_id = ${clientId}`);
  await database.query(sql`alter table trading.account disable trigger account_notes_its_change`);
  await database.query(sql`
    update trading.account set changed_at = now() - interval '75 seconds'
    where client_id = ${clientId}`);
  await database.query(sql`alter table trading.account enable trigger account_notes_its_change`);
  move(75_000);
  assert.equal((await reference.account(clientId))?.maxQuantity, 5);
});

test("an order does not wait while a usable fact is refreshed", async () => {
  const { executor, reads, shut } = behindDoor();
  const { clock, move } = stoppedClock();
  const reference = createReferenceData(executor, { clock });
  await reference.instrument(AAPL);
  const before = reads();
  move(500);
  const opened = Promise.withResolvers<void>();
  shut(opened.promise);
  await until(async () => {
    assert.notEqual(await reference.instrument(AAPL), undefined);
    return reads() > before;
  }, "the facts are read again");
  opened.resolve();
});

test("a database error is reported only when the facts are too old to use", async () => {
  const { executor, reads, shut } = behindDoor();
  const { clock, move } = stoppedClock();
  const reference = createReferenceData(executor, { clock });
  await reference.instrument(AAPL);
  const before = reads();
  move(500);
  const gone = Promise.reject(new Error("gone"));
  gone.catch(() => {});
  shut(gone);
  await until(async () => {
    await reference.instrument(AAPL).catch(() => {});
    return reads() > before;
  }, "the facts are read again");
  move(500);
  await assert.rejects(reference.instrument(AAPL), /gone/);
});

test("a fact that takes longer to read than its maximum age fails no order that waits for it", async () => {
  const { executor, shut } = behindDoor();
  const { clock, move } = stoppedClock();
  const reference = createReferenceData(executor, { clock });
  await setLot(10);
  const door = Promise.withResolvers<void>();
  shut(door.promise);
  const first = reference.instrument(AAPL);
  move(1_000);
  const second = reference.instrument(AAPL);
  door.resolve();
  const lots = (await Promise.all([first, second])).map((instrument) => instrument?.lotSize);
  assert.deepEqual(lots, [10, 10]);
});

test("many clients are read together, and then from memory", async () => {
  const clients = await Promise.all(Array.from({ length: 20 }, () => createTestClient(database)));
  const { executor, reads } = behindDoor();
  const { account, listings } = createReferenceData(executor);
  await listings();
  const before = reads();
  const found = await Promise.all(clients.map(account));
  assert.ok(found.every((account) => account?.status === "active"));
  assert.equal(reads() - before, 2);
  await Promise.all(clients.map(account));
  assert.equal(reads() - before, 2);
});

test("an account that an operator changes is read again within a second", async () => {
  const client = await createTestClient(database, { maxOpenOrders: 5 });
  const { clock, move } = stoppedClock();
  const { account } = createReferenceData(database, { clock });
  assert.equal((await account(client))?.maxOpenOrders, 5);
  await database.query(
    sql`update trading.account set max_open_orders = 7 where client_id = ${client}`,
  );
  move(1_000);
  assert.equal((await account(client))?.maxOpenOrders, 7);
});

test("a client without an account is found as soon as the account exists", async () => {
  const { account } = createReferenceData(database);
  const stranger = newUuid() as ClientId;
  assert.equal(await account(stranger), undefined);
  await database.query(sql`insert into trading.account (client_id) values (${stranger})`);
  assert.equal((await account(stranger))?.status, "active");
});
