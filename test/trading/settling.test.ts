import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientId, Ticker } from "../../layers/domain/identifiers.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { adjustBalance } from "../../layers/store/ledger/adjustments.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { order, usd } from "../../layers/testing/terms.ts";
import { until } from "../../layers/testing/until.ts";
import { assertUninterrupted } from "../support/books.ts";
import { exchange } from "../support/exchange.ts";
import { unsettled } from "../support/stream.ts";

// What settling must survive: positions that an operator changes, and commands that trade with
// thousands of orders.

const database = await testDatabase();
for (const symbol of ["AAPL", "MSFT"]) await createInstrument(database, symbol);
const WRITERS = 50;
const market = await exchange(database);
await market.start();

const grant = (clientId: ClientId, amount: bigint) =>
  database.transaction((tx) =>
    adjustBalance(tx, {
      ...{ adjustmentId: newUuid(), clientId, asset: "AAPL", amount, direction: "grant", cost: 0n },
    }),
  );

test("a client sells more than the matcher remembers, after an operator has granted shares", async () => {
  const buyer = await createTestClient(database, { cash: usd("10000") });
  const seller = await createTestClient(database, { shares: { AAPL: 5 } });
  const trade = async (quantity: number) => {
    await market.matched(await market.place(buyer, order("buy", quantity, "100")));
    const sold = await market.place(seller, order("sell", quantity, "100"));
    assert.equal((await market.over(sold)).status, "filled");
  };
  await trade(1);
  await grant(seller, 5n);
  await trade(9);
});

test("commands that trade with thousands of orders are settled in several transactions", async () => {
  const [orders, sales] = [3_750, 3];
  const terms = { cash: usd("1000000"), maxOpenOrders: orders };
  const buyer = await createTestClient(database, terms);
  const seller = await createTestClient(database, { shares: { MSFT: orders } });
  const symbol = "MSFT" as Ticker;
  const place = async () => {
    for (let placed = 0; placed < orders / WRITERS; placed += 1)
      await market.place(buyer, order("buy", 1, "100", { symbol, clientOrderId: newUuid() }));
  };
  await Promise.all(Array.from({ length: WRITERS }, place));
  await until(async () => (await unsettled(database)) === 0, "the orders are in the book");
  await market.stop();
  for (let sale = 0; sale < sales; sale += 1)
    await market.place(seller, order("sell", orders / sales, "100", { symbol }));
  await market.start();
  await until(async () => (await unsettled(database)) === 0, "everything is settled");
  const { rows } = await database.query<{ readonly trades: bigint }>(sql`
    select count(*) as trades from trading.trade where symbol = ${symbol} group by created_at
    order by created_at`);
  assert.deepEqual(
    rows.map(({ trades }) => Number(trades)),
    [orders - orders / sales, orders / sales],
  );
  await assertUninterrupted(database, symbol);
});
