import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { ClientId, Ticker } from "../../layers/domain/identifiers.ts";
import { formatMoney } from "../../layers/domain/units.ts";
import { readBooks } from "../../layers/store/market/market-events.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { randomBelow, SEED } from "../../layers/testing/random.ts";
import { order, usd } from "../../layers/testing/terms.ts";
import { exchange } from "../support/exchange.ts";
import { ClientBook, connectRaw, identify, startFeed } from "./feed-client.ts";
import { eventually } from "./market-writer.ts";

// Orders that are really placed, matched and settled, as a client of the feed sees them.

const database = await testDatabase();
await createInstrument(database, "AAPL");
const market = await exchange(database);
await market.start();
const feed = await startFeed(database.url);
after(() => feed.stop());
const below = randomBelow(SEED);

test("the feed shows the matcher's book and every trade while orders are placed, trade and end", async (t) => {
  const client = await connectRaw(feed.port);
  client.subscribe(identify(["AAPL"]));
  const traders = await Promise.all(
    Array.from({ length: 4 }, () =>
      createTestClient(database, { cash: usd("10000000"), shares: { AAPL: 100_000 } }),
    ),
  );
  t.diagnostic(`seed ${SEED}`);
  const trade = async (trader: ClientId): Promise<void> => {
    for (let count = 0; count < 60; count += 1) {
      const side = below(2) === 0 ? "buy" : "sell";
      const price = (100 + (below(21) - 10) / 100).toFixed(2);
      const placed = await market.place(trader, order(side, 1 + below(9), price));
      if (count % 5 === 0) await market.cancel(await market.matched(placed));
      else if (count === 59) await market.matched(placed);
    }
  };
  await Promise.all(traders.map(trade));

  const { rows } = await database.query<{ seq: bigint; trades: bigint; batches: bigint }>(sql`
    select settled_seq as seq,
      (select count(*) from trading.trade where symbol = 'AAPL') as trades,
      (select count(*) from market.event where symbol = 'AAPL') as batches
    from trading.book where symbol = 'AAPL'`);
  const book = new ClientBook();
  const isAtEnd = () => client.messages().some(({ last_seq }) => last_seq === Number(rows[0]?.seq));
  await eventually("the last batch", isAtEnd);
  for (const message of client.messages()) book.receive(message);
  assert.equal(book.snapshots, 1);

  const [settled] = await readBooks(database, ["AAPL" as Ticker]);
  const pairs = (side: "bids" | "asks") =>
    settled?.depth[side].map(({ price, quantity }) => [formatMoney(price), quantity]);
  assert.deepEqual(book.levels("bids"), pairs("bids"));
  assert.deepEqual(book.levels("asks"), pairs("asks"));
  const trades = client.messages().filter(({ type }) => type === "trade");
  assert.equal(BigInt(trades.length), rows[0]?.trades);
  assert.ok(trades.length > 50 && Number(rows[0]?.batches) > 3);
  const last = client.messages().findLast(({ type }) => type === "quote");
  assert.equal(last?.last, trades.at(-1)?.price);
  client.socket.terminate();
});
