import assert from "node:assert/strict";
import { after, test } from "node:test";
import { money } from "../../domain/units.ts";
import { createInstrument, createTestClient } from "../../testing/clients.ts";
import { testDatabase } from "../../testing/database.ts";
import { newOrder } from "../../testing/new-order.ts";
import { openDatabase, sql } from "../pg/database.ts";
import type { NewOrder, Verdict } from "./accept-orders.ts";
import { createOrderBatcher, type OrderBatcher } from "./order-batcher.ts";

const database = await testDatabase();
await createInstrument(database, "AAPL");

/** Two batchers with separate connections, as in two processes. */
const openBatcher = (applicationName: string): OrderBatcher => {
  const pool = openDatabase({ url: database.url, poolSize: 4, applicationName });
  after(() => pool.end());
  return createOrderBatcher(pool);
};
const first = openBatcher("first");
const second = openBatcher("second");

const RICH = { cash: money(1_000_000_000n), shares: { AAPL: 1_000_000 }, maxOpenOrders: 1_000_000 };

const codeOf = (verdict: Verdict): string =>
  verdict.kind === "refused" ? verdict.refusal.code : verdict.kind;

const tally = (codes: readonly string[]): Readonly<Record<string, number>> =>
  Object.fromEntries(
    [...new Set(codes)].sort().map((code) => [code, codes.filter((seen) => seen === code).length]),
  );

test("orders of a client without money do not slow the orders in the same batches", async () => {
  const rich = await createTestClient(database, RICH);
  const broke = await createTestClient(database, {});
  let statements = 0;
  const batcher = createOrderBatcher({
    query: (statement) => {
      statements += 1;
      return database.query(statement);
    },
  });
  const outcomes = await Promise.all(
    Array.from({ length: 200 }, async (_, index) => {
      const client = index % 2 === 0 ? rich : broke;
      const verdict = await batcher.place(newOrder({ client, direction: "buy", quantity: 1 }));
      return `${client === rich ? "rich" : "broke"} ${codeOf(verdict)}`;
    }),
  );
  assert.deepEqual(tally(outcomes), { "broke insufficient_funds": 100, "rich accepted": 100 });
  assert.ok(statements <= 2, `${statements} statements for two hundred orders`);
});

const ROUNDS = 100;
const RACES = 50;

test(`the same id sent to two processes with different assets, ${ROUNDS * RACES} times: one order each time, and no failure`, async () => {
  const racer = await createTestClient(database, RICH);
  const strangers = await Promise.all(
    Array.from({ length: 4 }, () => createTestClient(database, RICH)),
  );
  const failures: unknown[] = [];
  const place = (batcher: OrderBatcher, order: NewOrder) =>
    batcher.place(order).then(codeOf, (error: unknown) => {
      failures.push(error);
      return "failed";
    });
  for (let round = 0; round < ROUNDS; round += 1) {
    const races = Array.from({ length: RACES }, (_, index) => {
      const name = `race ${round} ${index}`;
      const stranger = strangers[index % strangers.length] ?? racer;
      return Promise.all([
        place(first, newOrder({ client: racer, direction: "buy", quantity: 1, name })),
        place(second, newOrder({ client: racer, direction: "sell", quantity: 1, name })),
        place(first, newOrder({ client: stranger, direction: "buy", quantity: 1 })),
        place(second, newOrder({ client: stranger, direction: "sell", quantity: 1 })),
      ]);
    });
    for (const [buy, sell, ...others] of await Promise.all(races)) {
      assert.deepEqual([buy, sell].sort(), ["accepted", "known"]);
      assert.deepEqual(others, ["accepted", "accepted"]);
    }
  }
  assert.deepEqual(failures, []);
});

test("the limit of open orders is exact, also through two processes and in different assets", async () => {
  for (let round = 0; round < 10; round += 1) {
    const client = await createTestClient(database, { ...RICH, maxOpenOrders: 7 });
    const verdicts = await Promise.all(
      Array.from({ length: 40 }, (_, index) => {
        const direction = index % 2 === 0 ? "buy" : "sell";
        const batcher = index % 2 === 0 ? first : second;
        return batcher.place(newOrder({ client, direction, quantity: 1 }));
      }),
    );
    assert.deepEqual(tally(verdicts.map(codeOf)), { accepted: 7, open_order_limit: 33 });
    for (const verdict of verdicts)
      if (verdict.kind === "refused") {
        const { limit, value } = verdict.refusal;
        assert.deepEqual({ limit, value }, { limit: "7", value: "8" });
      }
  }
});

test("an order that the database cannot store fails alone", async () => {
  const client = await createTestClient(database, RICH);
  const good = () => newOrder({ client, direction: "buy", quantity: 1 });
  const broken: NewOrder = { ...good(), terms: { ...good().terms, orderType: "stop" } };
  const unreadable: NewOrder = { ...good(), correlationId: "a\u0000b" };
  const orders = [good(), broken, good(), unreadable, good()];
  const results = await Promise.allSettled(orders.map((order) => first.place(order)));
  assert.deepEqual(
    results.map((result) => (result.status === "fulfilled" ? codeOf(result.value) : "failed")),
    ["accepted", "failed", "accepted", "failed", "accepted"],
  );
});

test("orders of two processes that use the same balances in opposite order do not deadlock", async () => {
  const clients = await Promise.all(
    Array.from({ length: 6 }, () => createTestClient(database, RICH)),
  );
  const { rows: before } = await database.query<{ readonly deadlocks: bigint }>(sql`
    select deadlocks from pg_stat_database where datname = current_database()`);
  for (let round = 0; round < 20; round += 1) {
    const all = clients.flatMap((client) =>
      (["buy", "sell"] as const).map((direction) => ({ client, direction, quantity: 1 })),
    );
    const placed = await Promise.all([
      ...all.map((wish) => first.place(newOrder(wish))),
      ...all.toReversed().map((wish) => second.place(newOrder(wish))),
    ]);
    assert.deepEqual(tally(placed.map(codeOf)), { accepted: 24 });
  }
  const { rows: afterwards } = await database.query<{ readonly deadlocks: bigint }>(sql`
    select deadlocks from pg_stat_database where datname = current_database()`);
  assert.deepEqual(afterwards, before);
});
