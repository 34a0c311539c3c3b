import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientId, Ticker } from "../../layers/domain/identifiers.ts";
import type { Order, OrderTerms } from "../../layers/domain/orders/order.ts";
import { systemClock } from "../../layers/platform/clock.ts";
import { createMetrics } from "../../layers/platform/metrics.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { testLogger } from "../../layers/testing/logger.ts";
import { testQueue } from "../../layers/testing/queue.ts";
import { randomBelow, SEED } from "../../layers/testing/random.ts";
import { order, usd } from "../../layers/testing/terms.ts";
import { until } from "../../layers/testing/until.ts";
import { type Matcher, startMatcher } from "../../matcher/matcher.ts";
import { assertUninterrupted } from "../support/books.ts";
import {
  type CrashingProcess,
  type CrashPlan,
  createCrashingProcess,
} from "../support/crashing-process.ts";
import { createOrderPath } from "../support/exchange.ts";
import { placeWithRetries } from "../support/stream.ts";

// A session of orders runs first without a crash, to find all points at which the accepting process
// and the matcher wait. Then the session is repeated for each point, once with a process that dies
// before the wait and once after it; another process takes over. Each time the orders, the trades,
// the book and the money must be exactly those of the session without a crash.

const database = await testDatabase(60);
const queue = await testQueue();
const below = randomBelow(SEED);

type Role = "accept" | "match";

/** A step of the session: an order of one of two clients, or the cancel of an earlier order. */
type Step =
  | { readonly who: 0 | 1; readonly terms: (symbol: Ticker) => OrderTerms }
  | { readonly cancel: number };

const place = (who: 0 | 1, ...terms: Parameters<typeof order>): Step => {
  const [side, quantity, price, rest] = terms;
  return { who, terms: (symbol) => order(side, quantity, price, { ...rest, symbol }) };
};

const SESSION: readonly Step[] = [
  place(0, "sell", 10, "100.00"),
  place(0, "sell", 5, "100.00", { timeInForce: "GTC" }),
  place(1, "buy", 4, "101.00"),
  place(0, "sell", 7, "103.00", { clientOrderId: undefined }),
  place(1, "buy", 8, "100.00", { timeInForce: "IOC" }),
  place(1, "buy", 3, "98.00"),
  { cancel: 3 },
  place(1, "buy", 30, "100.00", { timeInForce: "FOK" }),
  place(0, "sell", 6, "97.00", { orderType: "stop_limit", stopPrice: usd("98.00") }),
  place(0, "sell", 2, "98.00"),
  place(0, "buy", 2, "100.00", { selfTradePrevention: "expire_taker" }),
  place(1, "buy", 2, "99.00"),
];

/** The result of a session, without the ids that differ between sessions. */
type Outcome = { readonly orders: readonly unknown[]; readonly balances: unknown; trades: unknown };

let sessions = 0;
const newSymbol = (): Ticker => {
  sessions += 1;
  const letter = (digit: number) => String.fromCharCode(65 + digit);
  return `X${letter(Math.floor(sessions / 26))}${letter(sessions % 26)}` as Ticker;
};

/**
 * Runs a request in a process that may die; without an answer, it is repeated in another process.
 */
const elsewhereIfDead = async <T>(
  crashable: CrashingProcess,
  attempt: () => Promise<T>,
  again: () => Promise<T>,
) => {
  const answered = crashable.isDead() ? "died" : await Promise.race([attempt(), crashable.death]);
  return answered === "died" ? again() : answered;
};

const accept = async (crashable: CrashingProcess, symbol: Ticker, clients: readonly ClientId[]) => {
  const crashing = createOrderPath(crashable.database(database));
  const survivor = createOrderPath(database);
  const placed: Order[] = [];
  for (const step of SESSION)
    if ("terms" in step) {
      const terms = step.terms(symbol);
      const client = clients[step.who] as ClientId;
      const response = await elsewhereIfDead(
        crashable,
        () => placeWithRetries(crashing, client, terms),
        () => placeAgain(survivor, client, terms),
      );
      placed.push(response);
    } else {
      const target = placed[step.cancel];
      assert.ok(target !== undefined);
      await elsewhereIfDead(
        crashable,
        () => crashing.cancel(target),
        () => survivor.cancel(target),
      );
    }
  return placed;
};

/**
 * Without a client_order_id the outcome is unknown after a crash, so the client must look for the
 * order.
 */
const placeAgain = async (
  orderPath: ReturnType<typeof createOrderPath>,
  client: ClientId,
  terms: OrderTerms,
): Promise<Order> => {
  if (terms.clientOrderId !== undefined) return placeWithRetries(orderPath, client, terms);
  const { rows } = await database.query<{ readonly order_id: string }>(sql`
    select order_id from trading."order"
    where client_id = ${client} and symbol = ${terms.symbol} and client_order_id is null`);
  const [found] = rows;
  return found === undefined
    ? orderPath.place(client, terms)
    : orderPath.read(client, found.order_id as Order["orderId"]);
};

const startHere = (crashable: CrashingProcess): Promise<Matcher> =>
  startMatcher({
    ...{ clock: systemClock, logger: testLogger(), metrics: createMetrics() },
    database: crashable.database(database),
    bookDatabase: crashable.database(database),
    queueOf: (shard) => crashable.queue(queue.queueOf(shard)),
    config: { databaseUrl: database.url, instance: "matcher" },
  });

/** A matcher that may die and, when it does, the matcher that is started in its place. */
const match = (crashable: CrashingProcess): { readonly stop: () => Promise<void> } => {
  const first = startHere(crashable);
  let isOver = false;
  const second = crashable.death.then(() =>
    isOver ? undefined : startHere(createCrashingProcess()),
  );
  const stop = async (): Promise<void> => {
    // Releases the timers and the listener of a dead process. The other steps of its stop would
    // wait for ever. The process may also die during its stop, or not at all.
    const stopping = first.then((matcher) => matcher.stop());
    await Promise.race([stopping, crashable.death]);
    if (crashable.isDead()) await (await second)?.stop();
    else isOver = true;
  };
  return { stop };
};

const isSettled = async (symbol: Ticker): Promise<boolean> => {
  const { rows } = await database.query<{ readonly waiting: bigint }>(sql`
    select (select count(*) from trading.outbox where symbol = ${symbol})
      + (select seq - settled_seq from trading.sequence join trading.book using (symbol)
         where symbol = ${symbol}) as waiting`);
  return rows[0]?.waiting === 0n;
};

const readOutcome = async (
  symbol: Ticker,
  clients: readonly ClientId[],
  placed: readonly Order[],
): Promise<Outcome> => {
  const ids = placed.map(({ orderId }) => orderId as string);
  const orders = await database.query<{ readonly order_id: string }>(sql`
    select order_id, status, reason, filled_quantity, open_quantity, cancelled_quantity,
      expired_quantity, prevented_quantity, filled_notional, held, triggered
    from trading."order" where symbol = ${symbol}`);
  assert.equal(orders.rows.length, ids.length, "an order was accepted twice, or not at all");
  const balances = await database.query<{ readonly client_id: string }>(sql`
    select client_id, case asset when ${symbol} then 'shares' else asset end as asset,
      available, held, cost, realized_pnl
    from ledger.balance where client_id = any(${clients}::uuid[])`);
  const trades = await database.query<{
    readonly maker_order_id: string;
    readonly taker_order_id: string;
  }>(sql`
    select seq, price, quantity, maker_order_id, taker_order_id
    from trading.trade where symbol = ${symbol} order by seq, trade_id`);
  return {
    orders: orders.rows
      .map(({ order_id, ...rest }) => ({ place: ids.indexOf(order_id), ...rest }))
      .sort((left, right) => left.place - right.place),
    balances: balances.rows
      .map(({ client_id, ...rest }) =>
        JSON.stringify([clients.indexOf(client_id as ClientId), rest], show),
      )
      .sort(),
    trades: trades.rows.map(({ maker_order_id, taker_order_id, ...rest }) => ({
      ...rest,
      maker: ids.indexOf(maker_order_id),
      taker: ids.indexOf(taker_order_id),
    })),
  };
};

const show = (_: string, value: unknown): unknown =>
  typeof value === "bigint" ? value.toString() : value;

/** The whole session with processes that do not die. */
const run = async (plans: Partial<Record<Role, CrashPlan>>) => {
  const symbol = newSymbol();
  await createInstrument(database, symbol);
  const shares = { [symbol]: 1_000 };
  const clients = [
    await createTestClient(database, { cash: usd("100000"), shares }),
    await createTestClient(database, { cash: usd("100000") }),
  ];
  const lives = {
    accept: createCrashingProcess(plans.accept),
    match: createCrashingProcess(plans.match),
  };
  const matcher = match(lives.match);
  const outcome = await accept(lives.accept, symbol, clients)
    .then(async (placed) => {
      await until(() => isSettled(symbol), `${symbol} is settled`);
      await assertUninterrupted(database, symbol);
      return readOutcome(symbol, clients, placed);
    })
    .finally(matcher.stop);
  await database.query(sql`delete from trading.book where symbol = ${symbol}`);
  return { outcome, lives };
};

test("wherever a process dies, the session has the same result as without a crash", async (t) => {
  t.diagnostic(`seed ${SEED}`);
  const { outcome: expected, lives } = await run({});
  const statuses = (expected.orders as readonly { status: string }[]).map(({ status }) => status);
  for (const status of ["filled", "cancelled", "expired"])
    assert.ok(statuses.includes(status), `no order of the session is ${status}: ${statuses}`);

  const died: Record<Role, number> = { accept: 0, match: 0 };
  const spared: string[] = [];
  for (const role of ["accept", "match"] as const)
    for (const [site, visits] of lives[role].visits) {
      const occurrences = new Set(role === "match" ? [1, 1 + below(visits)] : [1]);
      let deaths = 0;
      for (const occurrence of occurrences) {
        const { outcome, lives: now } = await run({ [role]: { site, occurrence } });
        assert.deepEqual(outcome, expected, `${role} died ${site}, time ${occurrence}`);
        if (now[role].isDead()) deaths += 1;
      }
      died[role] += deaths;
      if (deaths === 0) spared.push(`${role} ${site}`);
    }
  const sites = lives.accept.visits.size + lives.match.visits.size;
  t.diagnostic(
    `${sites} places, died ${died.accept} times accepting, ${died.match} times matching`,
  );
  t.diagnostic(`never reached: ${spared.join("; ") || "none"}`);
  assert.ok(died.accept >= 10 && died.match >= 40, "too few deaths");
  assert.ok(spared.length <= sites / 10, `places that were never reached: ${spared}`);
});
