import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { verifyReports } from "../../infra/reporting/verify/verify-reports.ts";
import type { ClientId, Ticker } from "../../layers/domain/identifiers.ts";
import type { Order } from "../../layers/domain/orders/order.ts";
import { systemClock } from "../../layers/platform/clock.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { testQueue } from "../../layers/testing/queue.ts";
import { randomBelow, SEED } from "../../layers/testing/random.ts";
import { order, usd } from "../../layers/testing/terms.ts";
import { until } from "../../layers/testing/until.ts";
import { assertUninterrupted } from "../support/books.ts";
import { createOrderPath } from "../support/exchange.ts";

// The matcher is killed with SIGKILL in the middle of a stream of orders, again and again; KILLS
// says how often. Every acknowledged order must exist afterwards, once, and the trades must be
// exactly those of the recorded commands in a book that was never interrupted.

const KILLS = Number(process.env["KILLS"] ?? 24);
/** At least this many kills must happen while commands are in progress. */
const INTERRUPTED_LEAST = Math.floor(KILLS * 0.8);
const SYMBOLS = ["AAPL", "MSFT"];

const database = await testDatabase();
const queue = await testQueue();
const orderPath = createOrderPath(database);
for (const symbol of SYMBOLS) await createInstrument(database, symbol);

const below = randomBelow(SEED);

let matcher: ChildProcess | undefined;
const startMatcher = (): ChildProcess =>
  spawn(process.execPath, ["matcher/main.ts"], {
    stdio: ["ignore", "ignore", "inherit"],
    env: {
      ...process.env,
      DATABASE_URL: database.url,
      SQS_QUEUE_URL: queue.queueUrl,
      SQS_ENDPOINT: queue.endpoint,
      JWT_KEYS: `test=${"x".repeat(32)}`,
      MAIL_SECRET: "x".repeat(32),
      MATCHER_PORT: "0",
      LOG_LEVEL: "silent",
    },
  });
after(() => matcher?.kill("SIGKILL"));

const unsettled = async (): Promise<number> => {
  const { rows } = await database.query<{ waiting: bigint }>(sql`
    select (select count(*) from trading.outbox) + coalesce(sum(seq - settled_seq), 0)::bigint as waiting
    from trading.sequence join trading.book using (symbol)`);
  return Number(rows[0]?.waiting ?? 0n);
};

test(`killed ${KILLS} times under load, the matcher loses and duplicates nothing`, async (t) => {
  t.diagnostic(`seed ${SEED}`);
  const clients: ClientId[] = [];
  for (let count = 0; count < 4; count += 1)
    clients.push(
      await createTestClient(database, {
        cash: usd("1000000000"),
        shares: { AAPL: 100_000_000, MSFT: 100_000_000 },
        maxOpenOrders: 10_000_000,
      }),
    );
  const acknowledged: Order[] = [];
  let streaming = true;
  const trade = async (client: ClientId): Promise<void> => {
    while (streaming) {
      const direction = below(2) === 0 ? "buy" : "sell";
      const price = `${99 + below(3)}.${below(10)}0`;
      const symbol = SYMBOLS[below(SYMBOLS.length)] as Ticker;
      const placed = await orderPath.place(
        client,
        order(direction, 1 + below(9), price, { symbol }),
      );
      acknowledged.push(placed);
      if (below(4) === 0) void orderPath.cancel(acknowledged[below(acknowledged.length)] ?? placed);
    }
  };
  const stream = clients.map(trade);

  let interrupted = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const before = await settledCount();
    matcher = startMatcher();
    await until(
      async () => (await settledCount()) > before,
      "the restarted matcher settles",
      20_000,
    );
    await delay(below(120)); // a moment of the stream, not a wait for anything
    const waiting = await unsettled();
    matcher.kill("SIGKILL");
    await once(matcher, "exit");
    if (waiting > 0) interrupted += 1;
  }
  streaming = false;
  await Promise.all(stream);
  matcher = startMatcher();
  await until(async () => (await unsettled()) === 0, "everything accepted is settled", 60_000);

  t.diagnostic(`${acknowledged.length} orders, ${interrupted} kills with commands under way`);
  assert.ok(interrupted >= INTERRUPTED_LEAST, `only ${interrupted} kills met commands under way`);
  await assertNothingLost(acknowledged);
  const { reports, differences } = await verifyReports(database, systemClock);
  assert.ok(reports > 0);
  assert.deepEqual(differences, [], "a report differs from the journal");
  for (const symbol of SYMBOLS)
    assert.ok(
      (await assertUninterrupted(database, symbol as Ticker)) > 0,
      "the stream traded nothing",
    );
});

const settledCount = async (): Promise<bigint> => {
  const { rows } = await database.query<{ settled: bigint }>(
    sql`select sum(settled_seq)::bigint as settled from trading.book`,
  );
  return rows[0]?.settled ?? 0n;
};

const assertNothingLost = async (acknowledged: readonly Order[]): Promise<void> => {
  const { rows } = await database.query<{ order_id: string }>(
    sql`select order_id from trading."order" where status <> 'new'`,
  );
  const matched = new Set(rows.map((row) => row.order_id));
  const lost = acknowledged.filter(({ orderId }) => !matched.has(orderId));
  assert.deepEqual(lost, [], "an acknowledged order never reached the book");
  const { rows: odd } = await database.query(sql`
    select order_id, filled_quantity, sum(trade.quantity) as traded
    from trading."order"
    left join trading.trade on order_id in (maker_order_id, taker_order_id)
    group by order_id
    having filled_quantity <> coalesce(sum(trade.quantity), 0)`);
  assert.deepEqual(odd, [], "an order's fills are not its trades");
};
