import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientId, Ticker } from "../../layers/domain/identifiers.ts";
import { isTerminal, type Order, type OrderTerms } from "../../layers/domain/orders/order.ts";
import { shares } from "../../layers/domain/units.ts";
import { readCommands } from "../../layers/store/matching/commands.ts";
import { listAmendments } from "../../layers/store/orders/amendments.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { order, usd } from "../../layers/testing/terms.ts";
import { exchange } from "../support/exchange.ts";

// Replaces, stops and expiries over the whole way: acceptance, relay, queue, matcher, settlement.

const database = await testDatabase();
const market = await exchange(database);
/** A symbol for each test, so that each finds an empty book. */
const SYMBOLS = Array.from({ length: 20 }, (_, index) => `T${String.fromCharCode(65 + index)}`);
for (const symbol of SYMBOLS) await createInstrument(database, symbol);
await market.start();

const unused = [...SYMBOLS];

/**
 * The market of a test: a buyer and a seller with enough cash and shares, and functions to place
 * orders.
 */
const openMarket = async () => {
  const symbol = unused.pop() as Ticker;
  const seller = await createTestClient(database, { shares: { [symbol]: 1_000 } });
  const buyer = await createTestClient(database, { cash: usd("100000") });
  const place = (client: ClientId, terms: OrderTerms) => market.place(client, { ...terms, symbol });
  return {
    symbol,
    seller,
    buyer,
    sell: (quantity: number, price?: string, rest: Partial<OrderTerms> = {}) =>
      place(seller, order("sell", quantity, price, rest)),
    buy: (quantity: number, price?: string, rest: Partial<OrderTerms> = {}) =>
      place(buyer, order("buy", quantity, price, rest)),
  };
};

const resting = (placed: Order) => market.matched(placed);

const replaced = async (
  resting: Order,
  change: Parameters<typeof market.replace>[1],
): Promise<Order> => {
  const outcome = await market.replace(resting, change);
  assert.ok(outcome.ok, outcome.ok ? "" : outcome.failure.code);
  assert.ok(outcome.value.decided, "the matcher did not answer in time");
  return outcome.value.order;
};

const amendmentsOf = ({ orderId }: Order) =>
  listAmendments(database, orderId, { after: undefined, limit: 10 });

const tradesOf = async ({ orderId }: Order) => {
  const { rows } = await database.query<{ price: bigint; quantity: bigint }>(sql`
    select price, quantity from trading.trade
    where maker_order_id = ${orderId} or taker_order_id = ${orderId} order by seq, trade_id`);
  return rows.map(({ price, quantity }) => [price, Number(quantity)]);
};

const cashOf = async (client: ClientId) => {
  const { rows } = await database.query<{ available: bigint; held: bigint }>(sql`
    select available, held from ledger.balance where client_id = ${client} and asset = 'USD'`);
  return rows[0];
};

test("a lower quantity keeps the place in the queue; a higher one and a new price go to the end", async () => {
  const { sell, buy } = await openMarket();
  const [first, second, third] = [
    await resting(await sell(5, "100")),
    await resting(await sell(5, "100")),
    await resting(await sell(5, "100")),
  ];
  const less = await replaced(first, { quantity: shares(3) });
  assert.deepEqual([less.quantity, less.openQuantity, less.orderId], [3, 3, first.orderId]);
  const more = await replaced(second, { quantity: shares(6) });
  assert.deepEqual([more.quantity, more.openQuantity], [6, 6]);
  await market.over(await buy(9, "100"));
  assert.equal((await market.read(first.clientId, first.orderId)).status, "filled");
  assert.equal((await market.read(third.clientId, third.orderId)).status, "filled");
  const last = await market.read(second.clientId, second.orderId);
  assert.deepEqual([last.filledQuantity, last.openQuantity], [1, 5]);
});

test("a price that crosses trades at once, at the resting price, and the hold follows", async () => {
  const { sell, buy, buyer } = await openMarket();
  await resting(await sell(4, "101"));
  const bid = await resting(await buy(10, "100"));
  const now = await replaced(bid, { price: usd("102") });
  assert.deepEqual(
    [now.status, now.filledQuantity, now.price, now.pendingAction],
    ["partially_filled", 4, usd("102"), undefined],
  );
  assert.equal(now.held, usd("612"));
  assert.deepEqual(await tradesOf(bid), [[usd("101"), 4]]);
  assert.deepEqual(await cashOf(buyer), { available: usd("98984"), held: usd("612") });
  const [amendment] = await amendmentsOf(bid);
  assert.equal(amendment?.status, "applied");
  assert.ok(amendment.decidedAt !== undefined);
});

test("a lower price releases what the order no longer needs", async () => {
  const { buy, buyer } = await openMarket();
  const bid = await resting(await buy(10, "100"));
  const now = await replaced(bid, { price: usd("90"), quantity: shares(8) });
  assert.equal(now.held, usd("720"));
  assert.deepEqual(await cashOf(buyer), { available: usd("99280"), held: usd("720") });
  assert.equal(now.lockVersion, bid.lockVersion + 2);
});

test("a total that is already filled is refused", async () => {
  const { sell, buy } = await openMarket();
  const ask = await resting(await sell(10, "100"));
  await market.over(await buy(4, "100"));
  const part = await market.read(ask.clientId, ask.orderId);
  const refused = await market.replace(part, { quantity: shares(4) });
  assert.ok(!refused.ok && refused.failure.code === "quantity_filled");
  const least = await replaced(part, { quantity: shares(5) });
  assert.deepEqual([least.quantity, least.openQuantity], [5, 1]);
});

test("an order that is filled before its replace refuses it and releases the extra hold", async () => {
  const { sell, buy, buyer } = await openMarket();
  const bid = await resting(await buy(10, "100"));
  await market.stop();
  await sell(10, "100");
  const pending = await market.replace(bid, { quantity: shares(20), price: usd("110") });
  assert.ok(pending.ok && !pending.value.decided);
  assert.equal(pending.value.order.held, usd("2200"));
  await market.start();
  const now = await market.over(bid);
  assert.deepEqual([now.status, now.quantity, now.held], ["filled", 10, 0n]);
  assert.deepEqual(await cashOf(buyer), { available: usd("99000"), held: 0n });
  const [amendment] = await amendmentsOf(bid);
  assert.deepEqual([amendment?.status, amendment?.reason], ["refused", "order_over"]);
  const again = await market.replace(bid, { quantity: shares(20) });
  assert.ok(!again.ok && again.failure.code === "invalid_state");
});

test("a fill that comes before a replace counts towards its total", async () => {
  const { sell, buy } = await openMarket();
  const bid = await resting(await buy(10, "100"));
  await market.stop();
  await sell(6, "100");
  const pending = await market.replace(bid, { quantity: shares(20), price: usd("90") });
  assert.ok(pending.ok && !pending.value.decided);
  await market.start();
  const now = await market.when(bid, ({ pendingAction }) => pendingAction === undefined);
  assert.deepEqual(
    [now.status, now.filledQuantity, now.openQuantity, now.price],
    ["partially_filled", 6, 14, usd("90")],
  );
  assert.equal(now.held, usd("1260"));
});

test("a total that a fill has reached meanwhile cancels the remainder", async () => {
  const { sell, buy, buyer } = await openMarket();
  const bid = await resting(await buy(10, "100"));
  await market.stop();
  await sell(6, "100");
  const pending = await market.replace(bid, { quantity: shares(5), price: usd("119") });
  assert.ok(pending.ok && !pending.value.decided);
  await market.start();
  const now = await market.over(bid);
  assert.deepEqual(
    [now.status, now.reason, now.quantity, now.filledQuantity, now.held],
    ["cancelled", "replaced", 10, 6, 0n],
  );
  assert.deepEqual(await cashOf(buyer), { available: usd("99400"), held: 0n });
  assert.equal((await amendmentsOf(bid))[0]?.status, "applied");
});

test("a post-only order cannot be replaced so that it takes liquidity, and does not change", async () => {
  const { sell, buy, buyer } = await openMarket();
  await resting(await sell(5, "101"));
  const bid = await resting(await buy(5, "100", { postOnly: true }));
  const outcome = await market.replace(bid, { price: usd("101"), quantity: shares(7) });
  assert.ok(!outcome.ok && outcome.failure.code === "replace_refused");
  assert.equal(outcome.failure.reason, "would_take");
  const now = await market.read(bid.clientId, bid.orderId);
  assert.deepEqual(
    [now.quantity, now.price, now.held, now.pendingAction, now.status],
    [5, usd("100"), usd("500"), undefined, "working"],
  );
  assert.deepEqual(await cashOf(buyer), { available: usd("99500"), held: usd("500") });
});

test("a cancel while a replace is pending: the replace is applied, then the order ends", async () => {
  const { buy, buyer } = await openMarket();
  const bid = await resting(await buy(10, "100"));
  await market.stop();
  const pending = await market.replace(bid, { quantity: shares(20) });
  assert.ok(pending.ok);
  const cancel = await market.cancel(pending.value.order, pending.value.order.lockVersion);
  assert.ok(cancel.ok && !cancel.value.decided);
  assert.equal(cancel.value.order.pendingAction, "pending_cancel");
  await market.start();
  const now = await market.over(bid);
  assert.deepEqual([now.status, now.quantity, now.held], ["cancelled", 20, 0n]);
  assert.deepEqual(await cashOf(buyer), { available: usd("100000"), held: 0n });
});

test("a replace that is delivered several times is applied once", async () => {
  const { buy, symbol } = await openMarket();
  const bid = await resting(await buy(10, "100"));
  const now = await replaced(bid, { quantity: shares(12) });
  const commands = await readCommands(database, symbol, 0, 10);
  for (let copies = 0; copies < 3; copies += 1)
    await market.queue.send([
      {
        group: symbol,
        deduplicationId: `late-${copies}`,
        body: JSON.stringify({
          symbol,
          commands: commands.map(({ seq, record, acceptedAt }) => ({ seq, record, acceptedAt })),
        }),
      },
    ]);
  // Orders placed from now on are settled after the copies were processed.
  await resting(await buy(1, "90"));
  assert.deepEqual(await market.read(bid.clientId, bid.orderId), now);
  assert.equal((await amendmentsOf(bid)).length, 1);
});

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
