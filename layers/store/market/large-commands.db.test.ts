import assert from "node:assert/strict";
import { test } from "node:test";
import type { OrderId, Ticker } from "../../domain/identifiers.ts";
import { money } from "../../domain/units.ts";
import { newUuid } from "../../platform/ids.ts";
import { createInstrument } from "../../testing/clients.ts";
import { testDatabase } from "../../testing/database.ts";
import { rowsRead } from "../../testing/rows-read.ts";
import { listOrderTrades } from "../orders/order-trades.ts";
import { type Executor, sql } from "../pg/database.ts";
import { lastPrices } from "../reports/prices.ts";
import { readTape } from "./market-data.ts";

// One command can make thousands of trades, all with the same time and the same number. A look-up
// must find its place among them in an index, and not read all of them and sort. Each test runs its
// query once on an empty table, because a plan that was made early is kept.

const database = await testDatabase();
const symbol = "AAPL" as Ticker;
await createInstrument(database, symbol);

const TRADES = 3_000;
const LIMIT = 50;
const INDEXES = Array.from({ length: TRADES }, (_, index) => index);

/** The orders that all trades of a command have in common; without one, each has its own. */
type Orders = { readonly maker?: OrderId; readonly taker?: OrderId };

/** Writes the trades of one command. The price of each is 100.00 plus its position. */
const insertTrades = (tx: Executor, seq: number, { maker, taker }: Orders = {}) =>
  tx.query(sql`
    insert into trading.trade (
      trade_id, symbol, seq, price, quantity, taker_side, maker_order_id, taker_order_id, buyer_id,
      seller_id, created_at)
    select ${symbol} || '-' || ${seq} || '-' || n, ${symbol}, ${seq}, 1000000 + 10000 * n, 1, 'buy',
      coalesce(${maker ?? null}::uuid, gen_random_uuid()),
      coalesce(${taker ?? null}::uuid, gen_random_uuid()),
      gen_random_uuid(), gen_random_uuid(), '2026-11-02T15:00:00Z'::timestamptz + ${seq} * interval '1 s'
    from generate_series(0, ${TRADES - 1}) as n`);

/** Runs the work in a transaction with new plans, and removes its trades again. */
const rolledBack = async (work: (tx: Executor) => Promise<void>): Promise<void> => {
  const over = new Error("rolled back");
  const run = database.transaction(async (tx) => {
    await tx.query(sql`discard plans`);
    await work(tx);
    throw over;
  });
  await run.catch((error: unknown) => {
    if (error !== over) throw error;
  });
};

test("the last price is found without reading the other trades of its command", () =>
  rolledBack(async (tx) => {
    const question = { symbol, at: new Date("2026-11-03T00:00:00Z"), including: false };
    const questions = Array.from({ length: 20 }, () => question);
    await lastPrices(tx, questions);
    for (const seq of [1, 2]) await insertTrades(tx, seq);
    const count = await rowsRead(tx, "trade", async () => {
      const newest = money(1_000_000n + 10_000n * BigInt(TRADES - 1));
      assert.deepEqual(new Set(await lastPrices(tx, questions)), new Set([newest]));
    });
    assert.ok(count <= 2 * questions.length, `${count} rows were read`);
  }));

test("a page of a symbol's trades reads only the trades on the page", () =>
  rolledBack(async (tx) => {
    await readTape(tx, symbol, { before: undefined, limit: LIMIT });
    for (const seq of [1, 2]) await insertTrades(tx, seq);
    const found: string[] = [];
    let before: { readonly seq: number; readonly index: number } | undefined;
    const count = await rowsRead(tx, "trade", async () => {
      for (let page = 0; page < (2 * TRADES) / LIMIT; page += 1) {
        const tape = await readTape(tx, symbol, { before, limit: LIMIT });
        found.push(...(tape?.rows.map(({ tradeId }) => tradeId) ?? []));
        const [, seq, index] = found.at(-1)?.split("-") ?? [];
        before = { seq: Number(seq), index: Number(index) };
      }
    });
    const ids = [1, 2].flatMap((seq) => INDEXES.map((index) => `${symbol}-${seq}-${index}`));
    assert.deepEqual(found, ids.reverse());
    assert.ok(count <= 3 * TRADES, `${count} rows were read for ${2 * TRADES} trades`);
  }));

test("a page of an order's trades reads only the trades on the page, as taker and as maker", () =>
  rolledBack(async (tx) => {
    const order = newUuid() as OrderId;
    await listOrderTrades(tx, order, { after: undefined, limit: LIMIT });
    await insertTrades(tx, 1, { taker: order });
    await insertTrades(tx, 2, { maker: order });
    const found: { readonly id: string; readonly liquidity: string }[] = [];
    const count = await rowsRead(tx, "trade", async () => {
      for (let page = 0; page < (2 * TRADES) / LIMIT; page += 1) {
        const trades = await listOrderTrades(tx, order, { after: found.at(-1)?.id, limit: LIMIT });
        found.push(...trades.map(({ tradeId: id, liquidity }) => ({ id, liquidity })));
      }
    });
    const expected = ["taker", "maker"].flatMap((liquidity, command) =>
      INDEXES.map((index) => ({ id: `${symbol}-${command + 1}-${index}`, liquidity })),
    );
    assert.deepEqual(found, expected);
    assert.ok(count <= 4 * TRADES, `${count} rows were read for ${2 * TRADES} trades`);
  }));
