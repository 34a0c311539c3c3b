import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { before, test } from "node:test";
import { verifyReports } from "../../infra/reporting/verify/verify-reports.ts";
import type { ClientId } from "../../layers/domain/identifiers.ts";
import { systemClock } from "../../layers/platform/clock.ts";
import { type Sql, sql } from "../../layers/store/pg/database.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { asRole } from "../../layers/testing/http.ts";
import { depositInThePast } from "../../layers/testing/past-deposits.ts";
import { order, usd } from "../../layers/testing/terms.ts";
import { exchange } from "../support/exchange.ts";

// The independent check of the reports, on books that a real matcher settled, and on the same books
// after a figure was changed directly.

const database = await testDatabase();
await createInstrument(database, "AAPL");
const market = await exchange(database);
let buyer: ClientId;

before(async () => {
  await market.start();
  buyer = await createTestClient(database, { cash: usd("100000"), shares: { AAPL: 3 } });
  const seller = await createTestClient(database, { cash: usd("5000"), shares: { AAPL: 100 } });
  const aMonthAgo = new Date(Date.now() - 31 * 86_400_000).toISOString();
  await depositInThePast(database, seller, [{ at: aMonthAgo, amount: usd("12.34") }]);
  for (const [quantity, price] of [
    [1, "100.00"],
    [2, "100.01"],
    [7, "99.99"],
  ] as const) {
    const ask = await market.place(seller, order("sell", quantity, price));
    await market.matched(ask);
    await market.over(await market.place(buyer, order("buy", quantity, price)));
  }
  for (const price of ["101.00", "98.50"]) {
    const bid = await market.place(seller, order("buy", 3, price));
    await market.matched(bid);
    await market.over(await market.place(buyer, order("sell", 3, price)));
  }
  await market.stop();
});

const differences = async (): Promise<readonly string[]> =>
  (await verifyReports(database, systemClock)).differences;

test("the reports of all clients agree with the journal", async () => {
  const { clients, reports, differences: found } = await verifyReports(database, systemClock);
  assert.deepEqual(found, []);
  assert.deepEqual([clients, reports], [2, 16]);
});

/** Changes the books with the owner's privileges, runs the check, and changes them back. */
const tampered = async (change: Sql, repair: Sql): Promise<string> => {
  const apply = (statement: Sql) =>
    database.transaction(async (tx) => {
      await tx.query(sql`alter table trading.trade disable trigger trade_is_append_only`);
      await tx.query(statement);
      await tx.query(sql`alter table trading.trade enable trigger trade_is_append_only`);
    });
  await apply(change);
  try {
    return (await differences()).join("\n");
  } finally {
    await apply(repair);
  }
};

test("a portfolio whose gain differs from the report is found", async () => {
  const shift = (amount: bigint) => sql`
    update ledger.balance set realized_pnl = realized_pnl + ${amount}
    where client_id = ${buyer} and asset = 'AAPL'`;
  const found = await tampered(shift(1n), shift(-1n));
  assert.match(
    found,
    new RegExp(`^client ${buyer}: stored balances are .* the journal makes them`),
  );
});

test("a statement whose books do not balance is found", async () => {
  const shift = (amount: bigint) => sql`
    update ledger.balance set available = available + ${amount}
    where client_id = ${buyer} and asset = 'USD'`;
  assert.match(await tampered(shift(1n), shift(-1n)), /statement .*: .* where the books have/);
});

test("a trade whose price differs from what was paid is found in the reports of trades and gains", async () => {
  const shift = (amount: bigint) => sql`
    update trading.trade set price = price + ${amount} where quantity = 7`;
  const found = await tampered(shift(100n), shift(-100n));
  for (const report of ["trades", "pnl"])
    assert.match(found, new RegExp(`${report} .* should be `), found);
});

const run = async (url: string): Promise<{ readonly code: number; readonly said: string }> => {
  const child = spawn(process.execPath, ["infra/local/start.cjs", "verify-reports"], {
    env: { ...process.env, DATABASE_URL: url },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const heard: string[] = [];
  for (const output of [child.stdout, child.stderr])
    output.on("data", (chunk: Buffer) => heard.push(chunk.toString()));
  const [code] = await once(child, "close");
  return { code, said: heard.join("") };
};

test("the command ends with 0 when all agree, and with 1 after naming a difference", async () => {
  const url = asRole(database.url, "brokerx_reports");
  const good = await run(url);
  assert.deepEqual(
    [good.code, good.said],
    [0, "16 reports of 2 clients agree with the journal.\n"],
  );
  const shift = (amount: bigint) => sql`
    update ledger.balance set cost = cost + ${amount}
    where client_id = ${buyer} and asset = 'AAPL'`;
  await database.query(shift(1n));
  const bad = await run(url);
  await database.query(shift(-1n));
  assert.equal(bad.code, 1, bad.said);
  assert.match(bad.said, /stored balances are .*\n1 differences in 16 reports of 2 clients\.\n$/);
});
