import assert from "node:assert/strict";
import { test } from "node:test";
import { shares } from "../../layers/domain/units.ts";
import { readCommands } from "../../layers/store/matching/commands.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { usd } from "../../layers/testing/terms.ts";
import { startMarkets } from "./empty-markets.ts";

// Replaces over the whole way: acceptance, relay, queue, matcher, settlement.

const database = await testDatabase();
const { market, openMarket, resting, replaced, amendmentsOf, tradesOf, cashOf } =
  await startMarkets(database);

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
