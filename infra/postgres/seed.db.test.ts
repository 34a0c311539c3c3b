import assert from "node:assert/strict";
import { test } from "node:test";
import { createPasswords } from "../../layers/platform/credentials/passwords.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { DEMO_PASSWORD } from "./demo.ts";
import { seed } from "./seed.ts";
import { simulatorKey } from "./simulator-key.ts";

const database = await testDatabase();

const holdings = async () =>
  (
    await database.query(sql`
      select email, asset, available, held, cost
      from ledger.balance join identity.client using (client_id)
      order by email, asset`)
  ).rows;

test("a fresh system has three clients with a million and 10,000 shares of each, ready to trade", async () => {
  await seed(database);
  const demo = await database.query(sql`
    select asset, available, cost from ledger.balance
    join identity.client using (client_id)
    where email = 'demo@brokerx.local' order by asset`);
  assert.deepEqual(demo.rows, [
    { asset: "AAPL", available: 10_000n, cost: 10_000_000_000n },
    { asset: "AMZN", available: 10_000n, cost: 18_000_000_000n },
    { asset: "MSFT", available: 10_000n, cost: 40_000_000_000n },
    { asset: "TSLA", available: 10_000n, cost: 25_000_000_000n },
    { asset: "USD", available: 10_000_000_000n, cost: 0n },
  ]);
});

test("seeding again changes nothing", async () => {
  await seed(database);
  const before = await holdings();
  await seed(database);
  assert.deepEqual(await holdings(), before);
});

test("the printed password opens the demo accounts, and no password opens a simulated account", async () => {
  await seed(database);
  const { rows } = await database.query<{ email: string; password_hash: string }>(sql`
    select email, password_hash from identity.client order by email`);
  const { verify } = createPasswords();
  const opened = await Promise.all(
    rows.map(async ({ email, password_hash }) => {
      const opens = await verify(DEMO_PASSWORD, password_hash);
      return opens ? [email] : [];
    }),
  );
  assert.deepEqual(opened.flat(), [
    "admin@brokerx.local",
    "alice@brokerx.local",
    "bob@brokerx.local",
    "demo@brokerx.local",
  ]);
});

test("simulated participants get the key of the newest secret, and lose the one before", async () => {
  await seed(database, { simulatorSecret: "the first secret" });
  await seed(database, { simulatorSecret: "the second secret" });
  const { rows } = await database.query<{ key_id: string }>(sql`
    select key_id from identity.api_key join identity.client using (client_id)
    where email like 'maker-%' order by email`);
  assert.deepEqual(
    rows.map(({ key_id }) => key_id),
    ["maker-1", "maker-2"].map(
      (name) => simulatorKey("the second secret", `${name}@brokerx.local`).keyId,
    ),
  );
});
