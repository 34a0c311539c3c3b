import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientId } from "../../layers/domain/identifiers.ts";
import type { Day } from "../../layers/domain/identity/client.ts";
import { type Money, parseMoney } from "../../layers/domain/units.ts";
import { requestOf } from "../../layers/http/reports/report-answer.ts";
import { writeCsv } from "../../layers/representation/reports/csv.ts";
import { writeJson } from "../../layers/representation/reports/json.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { inSnapshot } from "../../layers/store/reports/snapshot.ts";
import { createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { depositInThePast } from "../../layers/testing/past-deposits.ts";
import { reportStatement } from "./report-statement.ts";

const database = await testDatabase();
const usd = (text: string): Money => parseMoney(text) ?? assert.fail(`${text} is no money`);
const LATER = new Date("2027-06-01T00:00:00Z");

type Days = { readonly from: string; readonly to: string; readonly tz?: string };

const made = (clientId: ClientId, { from, to, tz = "UTC" }: Days, write = writeJson, now = LATER) =>
  inSnapshot(database, async (tx) => {
    const days = { from: from as Day, to: to as Day, timeZone: tz };
    const report = await reportStatement(tx, requestOf(clientId, days, now));
    assert.ok(report !== undefined);
    return (await Array.fromAsync(write(report))).join("");
  });

type Statement = Readonly<
  Record<"opening" | "closing" | "activities", readonly { balance: string; amount: string }[]>
>;

/** Opening balance, amounts and closing balance of a client that owns only cash. */
const sums = async (clientId: ClientId, days: Days): Promise<readonly string[]> => {
  const { opening, activities, closing }: Statement = JSON.parse(await made(clientId, days));
  return [
    opening[0]?.balance ?? "0.00",
    ...activities.map(({ amount }) => amount),
    closing[0]?.balance ?? "0.00",
  ];
};

const OCTOBER = { from: "2026-10-01", to: "2026-10-31" };
const NOVEMBER = { from: "2026-11-01", to: "2026-11-30" };
const DECEMBER = { from: "2026-12-01", to: "2026-12-31" };

test("a deposit belongs to the month of its instant, in the requested time zone", async () => {
  const client = await createTestClient(database, {});
  await depositInThePast(database, client, [
    { at: "2026-11-01T00:00:00Z", amount: usd("100") },
    { at: "2026-11-30T16:00:00Z", amount: usd("200") },
    { at: "2026-11-30T23:59:59.999Z", amount: usd("7") },
    { at: "2026-12-01T00:00:00Z", amount: usd("50") },
  ]);
  assert.deepEqual(await sums(client, OCTOBER), ["0.00", "0.00"]);
  assert.deepEqual(await sums(client, NOVEMBER), ["0.00", "100.00", "200.00", "7.00", "307.00"]);
  assert.deepEqual(await sums(client, DECEMBER), ["307.00", "50.00", "357.00"]);
  const tz = "America/New_York";
  assert.deepEqual(await sums(client, { ...OCTOBER, tz }), ["0.00", "100.00", "100.00"]);
  assert.deepEqual(await sums(client, { ...NOVEMBER, tz }), [
    ...["100.00", "200.00", "7.00", "50.00"],
    "357.00",
  ]);
  assert.deepEqual(await sums(client, { ...DECEMBER, tz }), ["357.00", "357.00"]);
});

test("one microsecond before the end of a month belongs to it, and the end to the next month", async () => {
  const client = await createTestClient(database, {});
  const tz = "America/New_York"; // midnight is 04:00 UTC on November 1 and 05:00 on December 1
  await depositInThePast(database, client, [
    { at: "2026-11-01T03:59:59.999999Z", amount: usd("1") },
    { at: "2026-11-01T04:00:00Z", amount: usd("2") },
    { at: "2026-11-30T23:59:59.999999Z", amount: usd("4") },
    { at: "2026-12-01T04:59:59.999999Z", amount: usd("8") },
    { at: "2026-12-01T05:00:00Z", amount: usd("16") },
  ]);
  assert.deepEqual(await sums(client, { ...OCTOBER, tz }), ["0.00", "1.00", "1.00"]);
  assert.deepEqual(await sums(client, { ...NOVEMBER, tz }), [
    ...["1.00", "2.00", "4.00", "8.00"],
    "15.00",
  ]);
  assert.deepEqual(await sums(client, NOVEMBER), ["0.00", "1.00", "2.00", "4.00", "7.00"]);
});

test("the statement of a finished month has the same bytes each time", async () => {
  const client = await createTestClient(database, {});
  await depositInThePast(database, client, [{ at: "2026-11-03T00:00:00Z", amount: usd("5") }]);
  const before = await made(client, NOVEMBER);
  await depositInThePast(database, client, [{ at: "2026-12-03T00:00:00Z", amount: usd("6") }]);
  assert.equal(await made(client, NOVEMBER), before);
});

test("in the minute after its end, a statement leaves out what came later", async () => {
  const client = await createTestClient(database, {});
  await depositInThePast(database, client, [
    { at: "2026-11-03T00:00:00Z", amount: usd("5") },
    { at: "2026-11-04T00:00:00.5Z", amount: usd("6") },
  ]);
  const days = { from: "2026-11-03", to: "2026-11-03" };
  const justAfter = new Date("2026-11-04T00:00:01Z");
  const { final, closing } = JSON.parse(await made(client, days, writeJson, justAfter));
  assert.equal(final, false);
  assert.equal(closing[0].balance, "5.00");
});

test("books that do not balance cause an error, never a document", async () => {
  const client = await createTestClient(database, {});
  await depositInThePast(database, client, [{ at: "2026-11-03T00:00:00Z", amount: usd("5") }]);
  const shift = (cents: bigint) => sql`
    update ledger.balance set available = available + ${cents} where client_id = ${client}`;
  await database.query(shift(100n));
  try {
    const unfinished = { from: "2026-11-01", to: "2999-12-31" };
    for (const write of [writeJson, csv])
      await assert.rejects(made(client, unfinished, write, new Date()), /where the books have/);
  } finally {
    await database.query(shift(-100n));
  }
});

async function* csv(report: Parameters<typeof writeJson>[0]): AsyncGenerator<string> {
  const [table] = report.tables;
  assert.ok(table !== undefined);
  yield* writeCsv(table);
}
