import assert from "node:assert/strict";
import { test } from "node:test";
import { getPortfolio } from "../../functions/get-portfolio/get-portfolio.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { recordByHand } from "../../layers/testing/activities.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { order, usd } from "../../layers/testing/terms.ts";
import { exchange } from "../support/exchange.ts";

// The way of an order from its acceptance to the ledger, over a real database and a real queue.

const database = await testDatabase();
await createInstrument(database, "AAPL");
const market = await exchange(database);
await market.start();

const buyerWith = (cash: string) => createTestClient(database, { cash: usd(cash) });
const sellerWith = (count: number) => createTestClient(database, { shares: { AAPL: count } });
const portfolio = async (client: Awaited<ReturnType<typeof buyerWith>>) => {
  const shown = await getPortfolio(market.deps, client);
  assert.ok(shown !== undefined);
  return shown;
};

test("a buy that meets a sell trades at the resting price and returns the improvement", async () => {
  const [seller, buyer] = [await sellerWith(10), await buyerWith("2000")];
  const ask = await market.matched(await market.place(seller, order("sell", 10, "99.50")));
  assert.equal(ask.status, "working");
  assert.equal(ask.lockVersion, 0);
  const bid = await market.over(await market.place(buyer, order("buy", 10, "101.00")));
  assert.equal(bid.status, "filled");
  assert.equal(bid.filledNotional, usd("995"));
  assert.equal(bid.held, 0n);
  assert.equal((await market.read(seller, ask.orderId)).status, "filled");

  const bought = await portfolio(buyer);
  assert.equal(bought.available_balance, "1005.00");
  assert.equal(bought.reserved_balance, "0.00");
  assert.deepEqual(bought.positions, [
    {
      symbol: "AAPL",
      quantity: 10,
      available: 10,
      reserved: 0,
      average_price: "99.50",
      market_price: "99.50",
      market_value: "995.00",
      unrealized_pnl: "0.00",
      realized_pnl: "0.00",
    },
  ]);
  assert.equal((await portfolio(seller)).available_balance, "995.00");
});

test("a large order trades through the levels from the best price on and rests with the remainder", async () => {
  const [seller, buyer] = [await sellerWith(30), await buyerWith("10000")];
  for (const price of ["100.20", "100.00", "100.10"])
    await market.matched(await market.place(seller, order("sell", 10, price)));
  const bid = await market.when(
    await market.place(buyer, order("buy", 25, "100.10")),
    ({ filledQuantity }) => filledQuantity === 20,
  );
  assert.equal(bid.status, "partially_filled");
  assert.equal(bid.openQuantity, 5);
  assert.equal(bid.filledNotional, usd("2001"));
  assert.equal(bid.held, usd("500.50"));
  const { rows } = await database.query<{ price: bigint }>(
    sql`select price from trading.trade where taker_order_id = ${bid.orderId} order by trade_id`,
  );
  assert.deepEqual(
    rows.map(({ price }) => price),
    [usd("100"), usd("100.10")],
  );
  const cancelled = await market.cancel(bid);
  assert.ok(cancelled.ok && cancelled.value.decided);
  assert.equal(cancelled.value.order.status, "cancelled");
  assert.equal((await portfolio(buyer)).reserved_balance, "0.00");
  await drain();
});

test("immediate orders never rest: IOC trades what is available, FOK all or nothing", async () => {
  const [seller, buyer] = [await sellerWith(10), await buyerWith("10000")];
  await market.matched(await market.place(seller, order("sell", 10, "100")));
  const fok = await market.place(buyer, order("buy", 11, "100", { timeInForce: "FOK" }));
  assert.deepEqual(pick(await market.over(fok)), ["expired", 0, "fill_or_kill"]);
  const ioc = await market.place(buyer, order("buy", 11, "100", { timeInForce: "IOC" }));
  assert.deepEqual(pick(await market.over(ioc)), ["expired", 10, "immediate_or_cancel"]);
  const empty = await market.place(buyer, order("buy", 1));
  assert.deepEqual(pick(await market.over(empty)), ["expired", 0, "no_liquidity"]);
  assert.equal((await portfolio(buyer)).reserved_balance, "0.00");
});

const pick = (seen: { status: string; filledQuantity: number; reason: string | undefined }) => [
  seen.status,
  seen.filledQuantity,
  seen.reason,
];

test("an order never trades with an order of its own client: the arriving order expires", async () => {
  const client = await createTestClient(database, { cash: usd("5000"), shares: { AAPL: 10 } });
  const ask = await market.matched(await market.place(client, order("sell", 10, "100")));
  const bid = await market.over(await market.place(client, order("buy", 4, "100")));
  assert.deepEqual(pick(bid), ["expired", 0, "self_trade_prevention"]);
  assert.equal((await market.read(client, ask.orderId)).openQuantity, 10);
  await market.cancel(ask);
});

test("a post-only order that would take liquidity is rejected and releases its hold", async () => {
  const [seller, buyer] = [await sellerWith(5), await buyerWith("1000")];
  const ask = await market.matched(await market.place(seller, order("sell", 5, "100")));
  const bid = await market.over(
    await market.place(buyer, order("buy", 5, "100", { postOnly: true })),
  );
  assert.deepEqual(pick(bid), ["rejected", 0, "would_take"]);
  assert.equal((await portfolio(buyer)).available_balance, "1000.00");
  await market.cancel(ask);
});

test("a cancel needs the version the client has seen, and an order ends only once", async () => {
  const seller = await sellerWith(5);
  const placed = await market.place(seller, order("sell", 5, "100"));
  const ask = await market.matched(placed);
  // The acknowledgement by the matcher does not make the version of the placed order stale.
  assert.equal(ask.lockVersion, placed.lockVersion);
  const stale = await market.cancel(ask, ask.lockVersion + 1);
  assert.ok(!stale.ok && stale.failure.code === "version_conflict");
  assert.equal(stale.failure.order.lockVersion, ask.lockVersion);
  const done = await market.cancel(ask, ask.lockVersion);
  assert.ok(done.ok && done.value.order.status === "cancelled");
  const again = await market.cancel(ask);
  assert.ok(!again.ok && again.failure.code === "invalid_state");
  const stranger = await sellerWith(1);
  const foreign = await market.cancel({ ...ask, clientId: stranger });
  assert.deepEqual(foreign, { ok: false, failure: { code: "not_found" } });
});

test("two hundred orders, each cancelled twice at once, are cancelled once each", async () => {
  const seller = await createTestClient(database, { shares: { AAPL: 200 } });
  const asks = await Promise.all(
    Array.from({ length: 200 }, () => market.place(seller, order("sell", 1, "119"))),
  );
  const resting = await Promise.all(asks.map(market.matched));
  const outcomes = await Promise.all(
    resting.flatMap((ask) => [
      market.cancel(ask, ask.lockVersion),
      market.cancel(ask, ask.lockVersion),
    ]),
  );
  assert.equal(outcomes.filter(({ ok }) => ok).length, 200);
  assert.ok(outcomes.every((outcome) => outcome.ok || outcome.failure.code !== "not_found"));
  await Promise.all(asks.map(market.over));
  assert.equal((await portfolio(seller)).positions[0]?.available, 200);
});

test("the feed's events have no gaps and add up to the book", async () => {
  const [seller, buyer] = [await sellerWith(50), await buyerWith("100000")];
  const placed = await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      index % 2 === 0
        ? market.place(seller, order("sell", 1, `10${index % 5}.00`))
        : market.place(buyer, order("buy", 1, `10${index % 4}.00`)),
    ),
  );
  await Promise.all(placed.map(market.matched));
  const { rows } = await database.query<{ first_seq: bigint; last_seq: bigint }>(
    sql`select first_seq, last_seq from market.event where symbol = 'AAPL' order by last_seq`,
  );
  type Level = { last_seq: bigint; side: "bids" | "asks"; price: bigint; quantity: bigint };
  const { rows: levels } = await database.query<Level>(sql`
    select last_seq, 'bids' as side, price, quantity from market.event cross join unnest(bids)
    union all
    select last_seq, 'asks', price, quantity from market.event cross join unnest(asks)
    order by last_seq`);
  const book = { bids: new Map<string, number>(), asks: new Map<string, number>() };
  let last = 0n;
  for (const { first_seq, last_seq } of rows) {
    assert.equal(first_seq, last + 1n);
    last = last_seq;
  }
  for (const { side, price, quantity } of levels) {
    if (quantity === 0n) book[side].delete(price.toString());
    else book[side].set(price.toString(), Number(quantity));
  }
  const { rows: open } = await database.query<{ direction: string; price: bigint; open: bigint }>(
    sql`select direction, price, sum(open_quantity)::bigint as open from trading."order"
      where not closed group by direction, price`,
  );
  const expected = (direction: string) =>
    open
      .filter((level) => level.direction === direction)
      .map(({ price, open: quantity }) => [price.toString(), Number(quantity)])
      .sort();
  assert.deepEqual([...book.bids].sort(), expected("buy"));
  assert.deepEqual([...book.asks].sort(), expected("sell"));
  await drain();
});

/** Cancels all resting orders, so that the next test finds an empty book. */
const drain = async (): Promise<void> => {
  const { rows } = await database.query<{ order_id: string; client_id: string }>(
    sql`select order_id, client_id from trading."order" where not closed`,
  );
  for (const row of rows)
    await market.cancel({ orderId: row.order_id, clientId: row.client_id } as Parameters<
      typeof market.cancel
    >[0]);
};

test("shares that were granted between two trades count in the position", async () => {
  const [seller, buyer] = [await sellerWith(10), await buyerWith("5000")];
  const sell = async (): Promise<void> => {
    await market.place(seller, order("sell", 5, "100.00"));
    await market.over(await market.place(buyer, order("buy", 5, "100.00")));
  };
  await sell();
  // The matcher caches the seller's 5 shares. An operator grants 5 more, at no cost.
  await database.query(sql`
    with granted as (
      insert into ledger.journal (
        kind, reference, asset, amount, debit_account, debit_bucket, credit_account, credit_bucket)
      select 'grant', 'test', 'AAPL', 5, account_id, 'house', ${seller}, 'available'
      from ledger.house_account where name = 'custodian'
    )
    update ledger.balance set available = available + 5
    where client_id = ${seller} and asset = 'AAPL'`);
  await recordByHand(database, seller);
  await sell();
  const positionOf = async (client: typeof seller) => {
    const { rows } = await database.query(sql`
      select available, cost, realized_pnl from ledger.balance
      where asset = 'AAPL' and client_id = ${client}`);
    return rows[0];
  };
  assert.deepEqual(await positionOf(seller), {
    ...{ available: 5n, cost: usd("250"), realized_pnl: usd("250") },
  });
  assert.deepEqual(await positionOf(buyer), {
    ...{ available: 10n, cost: usd("1000"), realized_pnl: 0n },
  });
});
