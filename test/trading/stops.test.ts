import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ticker } from "../../layers/domain/identifiers.ts";
import { isTerminal } from "../../layers/domain/orders/order.ts";
import { shares } from "../../layers/domain/units.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { order, usd } from "../../layers/testing/terms.ts";
import { startMarkets } from "./empty-markets.ts";

// Stops and expiries over the whole way: acceptance, relay, queue, matcher, settlement.

const database = await testDatabase();
const { market, openMarket, resting, replaced, tradesOf, cashOf } = await startMarkets(database);

/** The level changes that the feed received, with prices in the order of the events. */
const depthOf = async (symbol: Ticker): Promise<readonly unknown[]> => {
  const { rows } = await database.query<{ price: bigint; quantity: bigint }>(sql`
    select price, quantity
    from market.event
    cross join lateral unnest(bids || asks) with ordinality
    where symbol = ${symbol}
    order by last_seq, ordinality`);
  return rows.map(({ price, quantity }) => [price.toString(), Number(quantity)]);
};

test("an untriggered stop waits for a trade, and then trades as a market order inside its collar", async () => {
  const { sell, buy, seller, symbol } = await openMarket();
  const stop = await resting(
    await sell(5, undefined, { orderType: "stop", stopPrice: usd("99"), timeInForce: "GTC" }),
  );
  assert.deepEqual([stop.status, stop.reason, stop.triggered], ["working", undefined, false]);
  assert.deepEqual(await depthOf(symbol), []);
  const [low, high] = [await resting(await buy(3, "98")), await resting(await buy(1, "99"))];
  await market.place(
    await createTestClient(database, { shares: { [symbol]: 1 } }),
    order("sell", 1, "99", { symbol }),
  );
  const now = await market.over(stop);
  assert.deepEqual(
    [now.status, now.filledQuantity, now.triggered, now.reason, now.price, now.stopPrice],
    ["expired", 3, true, "no_liquidity", undefined, usd("99")],
  );
  assert.equal((await market.read(low.clientId, low.orderId)).status, "filled");
  assert.equal((await market.read(high.clientId, high.orderId)).status, "filled");
  assert.equal(now.clientId, seller);
});

test("a triggered stop_limit rests at its limit, shows that it triggered, and can still be replaced", async () => {
  const { sell, buy, symbol } = await openMarket();
  const stop = await resting(
    await buy(5, "103", { orderType: "stop_limit", stopPrice: usd("101"), timeInForce: "GTC" }),
  );
  assert.equal(stop.held, usd("515"));
  const moved = await replaced(stop, { stopPrice: usd("102"), quantity: shares(6) });
  assert.deepEqual([moved.stopPrice, moved.quantity, moved.held], [usd("102"), 6, usd("618")]);
  await resting(await sell(1, "102"));
  const trader = await createTestClient(database, { cash: usd("1000") });
  await market.over(await market.place(trader, order("buy", 1, "102", { symbol })));
  const triggered = await market.when(stop, ({ triggered }) => triggered);
  assert.deepEqual(
    [triggered.status, triggered.reason, triggered.openQuantity, triggered.price],
    ["working", "stop_triggered", 6, usd("103")],
  );
  const asleep = await market.replace(triggered, { stopPrice: usd("100") });
  assert.ok(!asleep.ok && asleep.failure.code === "stop_price_not_allowed");
  const lower = await replaced(triggered, { price: usd("100") });
  assert.deepEqual([lower.price, lower.held], [usd("100"), usd("600")]);
  await market.over(await sell(6, "100"));
  assert.equal((await market.read(stop.clientId, stop.orderId)).status, "filled");
});

test("an expiry ends an order, releases its hold, and has no effect on an ended order", async () => {
  const { buy, buyer, symbol } = await openMarket();
  const bid = await resting(
    await buy(10, "100", { timeInForce: "GTD", expiresAt: new Date(Date.now() + 3_600_000) }),
  );
  const expire = { type: "expire", orderId: bid.orderId, clientId: buyer, correlationId: "clock" };
  for (let times = 0; times < 2; times += 1)
    await database.query(
      sql`insert into trading.outbox (symbol, command)
        values (${symbol}, ${JSON.stringify(expire)}::jsonb)`,
    );
  const now = await market.over(bid);
  assert.deepEqual([now.status, now.reason, now.held], ["expired", "time", 0n]);
  assert.deepEqual(await cashOf(buyer), { available: usd("100000"), held: 0n });
  await resting(await buy(1, "90"));
});

test("a rebuilt book has the same stops, queues and replaced orders as before", async () => {
  const { sell, buy, symbol } = await openMarket();
  const trader = await createTestClient(database, { cash: usd("10000") });
  const [first, second] = [
    await resting(await sell(5, "105")),
    await resting(await sell(5, "105")),
  ];
  await replaced(first, { quantity: shares(6) });
  const late = await resting(
    await buy(1, undefined, { orderType: "stop", stopPrice: usd("104"), timeInForce: "GTC" }),
  );
  const early = await resting(
    await buy(5, "105", { orderType: "stop_limit", stopPrice: usd("103"), timeInForce: "GTC" }),
  );
  await replaced(late, { stopPrice: usd("103") });
  await market.stop();
  await market.start();
  await resting(await sell(1, "103"));
  await market.over(await market.place(trader, order("buy", 1, "103", { symbol })));
  // `early` was armed before `late` was armed again, so it takes the first order of the queue.
  await market.over(early);
  assert.deepEqual(await tradesOf(early), [[usd("105"), 5]]);
  assert.equal((await market.read(second.clientId, second.orderId)).status, "filled");
  await market.over(late);
  assert.equal((await market.read(first.clientId, first.orderId)).filledQuantity, 1);
  assert.ok(isTerminal((await market.read(late.clientId, late.orderId)).status));
});
