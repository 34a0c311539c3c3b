import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientId } from "../../domain/identifiers.ts";
import { newUuid } from "../../platform/ids.ts";
import { testDatabase } from "../../testing/database.ts";
import { type Executor, sql } from "../pg/database.ts";

const database = await testDatabase();

/** Closed orders, written directly into the table: their terms do not matter here. */
const insertOrders = (clients: readonly ClientId[]) =>
  database.query(sql`
    insert into trading."order" (
      order_id, client_id, client_order_id, fingerprint, symbol, direction, order_type, quantity,
      price, collar_price, time_in_force, post_only, self_trade_prevention, open_quantity,
      cancelled_quantity, status, closed, held, correlation_id)
    select gen_random_uuid(), client_id, gen_random_uuid()::text, '', 'AAPL', 'buy', 'limit', 1,
      1, 1, 'GTC', false, 'expire_taker', 0, 1, 'cancelled', true, 0, 'test'
    from unnest(${clients}::uuid[]) as client_id`);

/** How many pages of the database a look-up reads. */
const lookUpPages = async (db: Executor, client: ClientId): Promise<number> => {
  const { rows } = await db.query<{ readonly "QUERY PLAN": readonly [Explained] }>(sql`
    explain (analyze, buffers, format json)
    select trading.find_client_order(${client}::uuid, 'no such name')`);
  const plan = rows[0]?.["QUERY PLAN"][0].Plan;
  return (plan?.["Shared Hit Blocks"] ?? 0) + (plan?.["Shared Read Blocks"] ?? 0);
};

type Explained = {
  readonly Plan: { readonly "Shared Hit Blocks": number; readonly "Shared Read Blocks": number };
};

test("a client_order_id is found as fast among thousands of orders as among a few", async () => {
  // The statistics say that a client has one order. The plan that follows from them is kept, also
  // for a client with many orders.
  await insertOrders(Array.from({ length: 2_000 }, () => newUuid() as ClientId));
  await database.query(sql`analyze trading."order"`);
  const busy = newUuid() as ClientId;
  await insertOrders(Array.from({ length: 3_000 }, () => busy));
  // On one connection, because its first look-up also reads the catalogue.
  const pages = await database.transaction(async (tx) => {
    await lookUpPages(tx, busy);
    return lookUpPages(tx, busy);
  });
  assert.ok(pages > 0 && pages < 12, `${pages} pages were read`);
  await database.query(sql`delete from trading."order"`); // there are no activities of these orders
});
