import assert from "node:assert/strict";
import { test } from "node:test";
import pg from "pg";
import { testDatabase } from "../../layers/testing/database.ts";

// Rows that the database must refuse from every writer. Each case changes a valid row.

const database = await testDatabase();

const SOUND = `insert into trading."order" (
    order_id, client_id, fingerprint, symbol, direction, order_type, quantity, price, collar_price,
    time_in_force, open_quantity, held, correlation_id)
  values (gen_random_uuid(), gen_random_uuid(), '', 'AAPL', 'buy', 'limit', 10, 1000000, 1000000,
    'GTC', 10, 0, 'test')`;

const UNSOUND_ORDERS = [
  "direction = 'hold'",
  "order_type = 'iceberg'",
  "time_in_force = 'GTW'",
  "self_trade_prevention = 'none'",
  "status = 'lost'",
  "pending_action = 'pending_wish'",
  "client_order_id = ''",
  "client_order_id = repeat('x', 49)",
  "quantity = 0, open_quantity = 0",
  "price = 0",
  "collar_price = 0",
  "stop_price = 0, order_type = 'stop'",
  "filled_quantity = -1, open_quantity = 11",
  "open_quantity = 9",
  "quantity = 11",
  "filled_notional = -1",
  "held = -1",
  "closed = true",
  "status = 'filled'",
  "status = 'cancelled', closed = true",
  "status = 'cancelled', closed = true, open_quantity = 0, cancelled_quantity = 10, held = 1",
  "status = 'cancelled', closed = true, open_quantity = 0, cancelled_quantity = 10, pending_action = 'pending_cancel'",
  "status = 'cancelled', closed = true, open_quantity = 0, cancelled_quantity = 10, extra_held = 1, pending_amendment = gen_random_uuid()",
  "extra_held = -1",
  "extra_held = 1",
  "pending_amendment = gen_random_uuid()",
  "order_type = 'stop'",
  "stop_price = 1000000",
  "time_in_force = 'GTD'",
  "expires_at = now()",
] as const;

const UNSOUND_TRANSFERS = [
  "'wish', 'AAPL', 1, gen_random_uuid(), 'available', gen_random_uuid(), 'held'",
  "'hold', 'aapl', 1, gen_random_uuid(), 'available', gen_random_uuid(), 'held'",
  "'hold', 'AAPL', 0, gen_random_uuid(), 'available', gen_random_uuid(), 'held'",
  "'hold', 'AAPL', -1, gen_random_uuid(), 'available', gen_random_uuid(), 'held'",
  "'hold', 'AAPL', 1, gen_random_uuid(), 'pocket', gen_random_uuid(), 'held'",
  "'hold', 'AAPL', 1, gen_random_uuid(), 'available', gen_random_uuid(), 'pocket'",
  "'hold', 'AAPL', 1, account_id, 'house', account_id, 'house'",
] as const;

/** Runs statements in a transaction that is always rolled back. */
const attempt = async (...statements: readonly string[]): Promise<void> => {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    await client.query("begin");
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.query("rollback");
    await client.end();
  }
};

const CHECK_VIOLATION = { code: "23514" };

test("an invalid order cannot be stored, nor one whose quantities do not add up", async () => {
  await attempt(SOUND);
  for (const change of UNSOUND_ORDERS)
    await assert.rejects(
      attempt(SOUND, `update trading."order" set ${change}`),
      CHECK_VIOLATION,
      change,
    );
});

test("an invalid journal row cannot be stored", async () => {
  const insert = (values: string) => `insert into ledger.journal (reference, kind, asset, amount,
      debit_account, debit_bucket, credit_account, credit_bucket)
    select 'test', ${values} from ledger.house_account where name = 'bank'`;
  await attempt(insert("'deposit', 'USD', 1, account_id, 'house', gen_random_uuid(), 'available'"));
  for (const values of UNSOUND_TRANSFERS)
    await assert.rejects(attempt(insert(values)), CHECK_VIOLATION, values);
});
