import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { ClientId } from "../../layers/domain/identifiers.ts";
import type { Order } from "../../layers/domain/orders/order.ts";
import { shares } from "../../layers/domain/units.ts";
import { numberActivities } from "../../layers/store/notifications/activities.ts";
import { openDatabase, sql } from "../../layers/store/pg/database.ts";
import { listOpenOrders } from "../../layers/store/reports/subject.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { asRole } from "../../layers/testing/http.ts";
import { order, usd } from "../../layers/testing/terms.ts";
import { until } from "../../layers/testing/until.ts";
import { exchange } from "../support/exchange.ts";

// The open orders of a statement, long after they changed.

const database = await testDatabase();
await createInstrument(database, "AAPL");
const market = await exchange(database);
let buyer: ClientId;
let seller: ClientId;

before(async () => {
  await market.start();
  buyer = await createTestClient(database, { cash: usd("10000"), shares: {} });
  seller = await createTestClient(database, { shares: { AAPL: 100 } });
});

/** An instant after everything so far and before everything that follows. */
const instantAfterAll = async (): Promise<Date> => {
  const instant = new Date(Date.now() + 2);
  await until(() => Date.now() > instant.getTime() + 2, "the instant has passed");
  return instant;
};

const GTC = { timeInForce: "GTC" } as const;

test("a statement has the open quantity and hold of its instant, despite later fills, replaces and ends", async () => {
  const seen: { at: Date; order: Order }[] = [];
  const look = async (open: Order) =>
    seen.push({ at: await instantAfterAll(), order: await market.read(buyer, open.orderId) });
  const bid = await market.matched(await market.place(buyer, order("buy", 5, "90.00", GTC)));
  await look(bid);
  await market.over(await market.place(seller, order("sell", 2, "90.00", GTC)));
  await market.when(bid, ({ filledQuantity }) => filledQuantity === 2);
  await look(bid);
  await market.replace(await market.read(buyer, bid.orderId), {
    quantity: shares(8),
    price: usd("91.00"),
  });
  await look(bid);
  await market.replace(await market.read(buyer, bid.orderId), { price: usd("89.00") });
  await look(bid);
  await market.cancel(bid);
  await market.over(bid);
  for (const { at, order: then } of seen) {
    const [found] = await listOpenOrders(database, buyer, at);
    assert.deepEqual(
      [found?.orderId, found?.openQuantity, found?.held],
      [bid.orderId, BigInt(then.openQuantity), then.held],
    );
  }
  assert.deepEqual(await listOpenOrders(database, buyer, await instantAfterAll()), []);
});

test("a sell holds shares, and an order that was not accepted yet is not listed", async () => {
  const before = await instantAfterAll();
  const ask = await market.matched(await market.place(seller, order("sell", 4, "100.00", GTC)));
  const [found] = await listOpenOrders(database, seller, await instantAfterAll());
  assert.deepEqual([found?.orderId, found?.openQuantity, found?.held], [ask.orderId, 4n, 4n]);
  assert.deepEqual(await listOpenOrders(database, seller, before), []);
});

test("an activity that is not numbered yet is read too, with the rights of the reporting service", async (t) => {
  const reports = openDatabase({
    url: asRole(database.url, "brokerx_reports"),
    ...{ poolSize: 1, applicationName: "test reports" },
  });
  t.after(() => reports.end());
  const both = await createTestClient(database, { cash: usd("10000"), shares: { AAPL: 100 } });
  const ask = await market.matched(await market.place(both, order("sell", 4, "95.00", GTC)));
  const taker = order("buy", 3, "95.00", { ...GTC, selfTradePrevention: "decrement" });
  await market.over(await market.place(both, taker));
  const instant = await instantAfterAll();
  await market.cancel(ask);
  await market.over(ask);
  const found = () => listOpenOrders(reports, both, instant);
  const { rows } = await database.query(
    sql`select from trading.activity where client_id = ${both}`,
  );
  assert.equal(rows.length, 0, "nothing is numbered");
  const [unnumbered, ...more] = await found();
  assert.deepEqual(
    [unnumbered?.orderId, unnumbered?.openQuantity, unnumbered?.held, more.length],
    [...[ask.orderId, 1n, 1n, 0]],
  );
  while ((await numberActivities(database)) > 0);
  assert.deepEqual(await found(), [unnumbered]);
});
