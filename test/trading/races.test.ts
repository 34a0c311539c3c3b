import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ticker } from "../../layers/domain/identifiers.ts";
import type { Order } from "../../layers/domain/orders/order.ts";
import { shares } from "../../layers/domain/units.ts";
import { findOrders } from "../../layers/store/orders/orders.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { randomBelow, SEED } from "../../layers/testing/random.ts";
import { order, usd } from "../../layers/testing/terms.ts";
import { until } from "../../layers/testing/until.ts";
import { exchange } from "../support/exchange.ts";

// A client's change of an order and the market's effect on it at the same moment, ten thousand
// times. The first in the symbol's sequence wins; nothing is lost, done twice or held without need.

const ROUNDS = 10;
const RACES_A_ROUND = 500;
/** Each takes several orders, all together about what rests. */
const BIDS_A_ROUND = 125;
/** How many requests run in parallel. */
const SIDE_BY_SIDE = 25;
const SYMBOLS = ["RACEA", "RACEB", "RACEC", "RACED"] as const;

// A connection for every request of a wave and for the matcher, so that none waits for the pool.
const database = await testDatabase(SIDE_BY_SIDE + 20);
const market = await exchange(database);
for (const symbol of SYMBOLS) await createInstrument(database, symbol);
const stock = Object.fromEntries(SYMBOLS.map((symbol) => [symbol, 1_000_000]));
const rich = { cash: usd("100000000"), shares: stock, maxOpenOrders: 100_000 };
const seller = await createTestClient(database, rich);
const buyer = await createTestClient(database, rich);
await market.start();
const below = randomBelow(SEED);

const settled = () =>
  until(
    async () => {
      const { rows } = await database.query<{ waiting: bigint }>(sql`
        select (select count(*) from trading.outbox)
          + coalesce(sum(seq - settled_seq), 0)::bigint as waiting
        from trading.sequence join trading.book using (symbol)`);
      return rows[0]?.waiting === 0n;
    },
    "every accepted command is settled",
    60_000,
  );

const symbolOf = (index: number): Ticker => (SYMBOLS[index % SYMBOLS.length] ?? "") as Ticker;

const range = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** The seller's orders as they are now. */
const readAll = async (orders: readonly Order[]): Promise<readonly Order[]> => {
  const ids = orders.map(({ orderId }) => orderId);
  const found = await findOrders(database, seller, ids);
  assert.equal(found.length, orders.length);
  return found;
};

/** Resting sells of one size at one price. */
const restingAsks = async (count: number, quantity: number): Promise<readonly Order[]> => {
  const placed = await Promise.all(
    range(count, (index) =>
      market.place(seller, order("sell", quantity, "100", { symbol: symbolOf(index) })),
    ),
  );
  await settled();
  return readAll(placed);
};

/** A buy that takes what it can of the sells and never rests. */
const takerBid = (index: number, quantity: number): Promise<Order> =>
  market.place(
    buyer,
    order("buy", quantity, "110", { symbol: symbolOf(index), timeInForce: "IOC" }),
  );

type Action = () => Promise<unknown>;

/**
 * Runs changes and buys in parallel, so that a change meets the buys that reach its order. In every
 * second wave nothing can be settled before all of it is accepted: then the sequence alone decides.
 */
const race = async (changes: readonly Action[], bids: readonly Action[]): Promise<void> => {
  const spacing = changes.length / bids.length;
  const mixed = [
    ...changes.map((action, index) => ({ action, at: index + below(SIDE_BY_SIDE) })),
    ...bids.map((action, index) => ({ action, at: index * spacing + below(SIDE_BY_SIDE) })),
  ].sort((left, right) => left.at - right.at);
  for (let first = 0; first < mixed.length; first += SIDE_BY_SIDE) {
    const wave = mixed.slice(first, first + SIDE_BY_SIDE);
    const run = () => Promise.all(wave.map(({ action }) => action()));
    if ((first / SIDE_BY_SIDE) % 2 === 0) await run();
    else
      await database.transaction(async (tx) => {
        await tx.query(sql`select from trading.book order by symbol for update`);
        await run();
      });
  }
};

/** Buys what is left, so that the next round finds an empty book. */
const sweep = async (): Promise<void> => {
  await Promise.all(SYMBOLS.map((_, book) => takerBid(book, 9_000)));
  await settled();
};

/** Orders whose quantities do not match their trades, or whose shares are missing: none. */
const assertTradesAddUp = async (): Promise<void> => {
  const { rows } = await database.query(sql`
    select order_id, filled_quantity, traded
    from trading."order"
    left join lateral (
      select coalesce(sum(quantity), 0)::bigint as traded
      from trading.trade
      where order_id in (maker_order_id, taker_order_id)
    ) as trades on true
    where filled_quantity <> traded or not closed`);
  assert.deepEqual(rows, []);
};

const FILLS_FIRST = ["cancelFirst", "partFirst", "fillFirst"] as const;

const RACES = (ROUNDS * RACES_A_ROUND).toLocaleString("en");

test(`${RACES} cancels against fills: each order ends once, by whichever came first`, async (t) => {
  t.diagnostic(`seed ${SEED}`);
  const seen = { cancelFirst: 0, fillFirst: 0, partFirst: 0, tooLate: 0, stale: 0 };
  for (let round = 0; round < ROUNDS; round += 1) {
    const asks = await restingAsks(RACES_A_ROUND, 2);
    const stale = new Set<string>();
    const cancels = asks.map((ask) => async () => {
      const outcome = await market.cancel(ask, ask.lockVersion, 0);
      if (outcome.ok) return;
      if (outcome.failure.code === "version_conflict") stale.add(ask.orderId);
      else seen.tooLate += 1;
    });
    const bids = range(BIDS_A_ROUND, (bid) => () => takerBid(bid, 1 + below(15)));
    await race(cancels, bids);
    await settled();
    seen.stale += stale.size;
    for (const now of await readAll(asks)) {
      assert.equal(now.quantity, 2);
      if (now.filledQuantity === 2) assert.equal(now.status, "filled");
      else if (stale.has(now.orderId)) assert.equal(now.status, "partially_filled");
      else assert.equal(now.status, "cancelled");
      seen[FILLS_FIRST[now.filledQuantity] ?? "cancelFirst"] += 1;
    }
    await sweep();
  }
  await assertTradesAddUp();
  t.diagnostic(JSON.stringify(seen));
  for (const [state, times] of Object.entries(seen)) assert.ok(times > 0, `never ${state}`);
});

const CHANGES = [
  { quantity: shares(4) },
  { quantity: shares(8) },
  { price: usd("99") },
  { price: usd("101") },
  { quantity: shares(2), price: usd("102") },
  { quantity: shares(9), price: usd("98.50") },
] as const;

test(`${RACES} replaces against fills: all of the new terms or none, and the total is kept`, async (t) => {
  t.diagnostic(`seed ${SEED}`);
  const seen = { applied: 0, appliedAfterFill: 0, over: 0, cutOff: 0, tooLate: 0, stale: 0 };
  for (let round = 0; round < ROUNDS; round += 1) {
    const asks = await restingAsks(RACES_A_ROUND, 6);
    const asked = new Map<string, (typeof CHANGES)[number]>();
    const answers = new Map<string, string>();
    const replaces = asks.map((ask) => async () => {
      const change = CHANGES[below(CHANGES.length)] ?? CHANGES[0];
      asked.set(ask.orderId, change);
      const outcome = await market.replace(ask, change, 0);
      answers.set(ask.orderId, outcome.ok ? "accepted" : outcome.failure.code);
    });
    const bids = range(BIDS_A_ROUND, (bid) => () => takerBid(bid, 1 + below(47)));
    await race(replaces, bids);
    await settled();
    const amendments = await amendmentsOf(asks);
    for (const now of await readAll(asks)) {
      const change = asked.get(now.orderId);
      const amendment = amendments.get(now.orderId);
      const response = answers.get(now.orderId);
      if (response === "version_conflict") seen.stale += 1;
      else if (amendment === undefined) seen.tooLate += 1;
      // A stale version has no effect, and every accepted replace is decided.
      if (response === "version_conflict") assert.equal(amendment, undefined);
      else if (response === "accepted") assert.ok(amendment !== undefined);
      else assert.equal(response, "invalid_state");
      if (amendment !== undefined) seen[judge(now, amendment)] += 1;
      const applied = amendment?.status === "applied" && now.reason !== "replaced" ? change : {};
      const terms = { quantity: now.quantity, price: now.price };
      assert.deepEqual(terms, { quantity: shares(6), price: usd("100"), ...applied });
      assert.ok(now.filledQuantity <= now.quantity);
    }
    await sweep();
  }
  await assertTradesAddUp();
  t.diagnostic(JSON.stringify(seen));
  for (const [state, times] of Object.entries(seen)) assert.ok(times > 0, `never ${state}`);
});

type AmendmentRow = {
  readonly order_id: string;
  readonly status: string;
  readonly reason: string | null;
  readonly filled_before: boolean;
};

const amendmentsOf = async (orders: readonly Order[]): Promise<Map<string, AmendmentRow>> => {
  const { rows } = await database.query<AmendmentRow>(sql`
    select order_id, status, reason,
      exists (
        select from trading.trade
        where maker_order_id = order_id and trade.created_at < decided_at
          and trade.created_at > amendment.created_at) as filled_before
    from trading.amendment
    where order_id = any(${orders.map(({ orderId }) => orderId)}::uuid[])`);
  return new Map(rows.map((row) => [row.order_id, row]));
};

const judge = (now: Order, { status, reason, filled_before }: AmendmentRow) => {
  if (status === "refused") {
    assert.equal(reason, "order_over");
    assert.equal(now.status, "filled");
    return "over";
  }
  assert.equal(status, "applied");
  if (now.reason === "replaced") return "cutOff";
  return filled_before ? "appliedAfterFill" : "applied";
};

test("500 orders, each cancelled twice in parallel: 500 cancels succeed and 500 are refused", async () => {
  const asks = await restingAsks(500, 1);
  const outcomes: boolean[] = [];
  for (let first = 0; first < asks.length; first += SIDE_BY_SIDE) {
    const group = asks.slice(first, first + SIDE_BY_SIDE);
    const both = await Promise.all(
      [...group, ...group].map((ask) => market.cancel(ask, ask.lockVersion)),
    );
    outcomes.push(...both.map(({ ok }) => ok));
  }
  assert.equal(outcomes.filter((ok) => ok).length, 500);
  assert.equal(outcomes.filter((ok) => !ok).length, 500);
  await settled();
  for (const ask of await readAll(asks)) assert.equal(ask.status, "cancelled");
});
