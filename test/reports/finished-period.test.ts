import assert from "node:assert/strict";
import { before, test } from "node:test";
import { reportEquity } from "../../functions/report-equity/report-equity.ts";
import { reportPnl } from "../../functions/report-pnl/report-pnl.ts";
import { reportStatement } from "../../functions/report-statement/report-statement.ts";
import { reportTrades } from "../../functions/report-trades/report-trades.ts";
import type { ClientId } from "../../layers/domain/identifiers.ts";
import type { Day } from "../../layers/domain/identity/client.ts";
import type { Order } from "../../layers/domain/orders/order.ts";
import { answerPdf, answerReport, readForPdf } from "../../layers/http/reports/report-answer.ts";
import { numberActivities } from "../../layers/store/notifications/activities.ts";
import { sql, type Transaction } from "../../layers/store/pg/database.ts";
import { inSnapshot } from "../../layers/store/reports/snapshot.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { order, usd } from "../../layers/testing/terms.ts";
import { until } from "../../layers/testing/until.ts";
import { exchange } from "../support/exchange.ts";

// A report of a finished period has the same bytes each time, whatever changes afterwards.

const database = await testDatabase();
await createInstrument(database, "AAPL");
await createInstrument(database, "IDLE");
const market = await exchange(database);
const GTC = { timeInForce: "GTC" } as const;
const IOC = { timeInForce: "IOC" } as const;
const start = new Date();
let client: ClientId;
let seller: ClientId;
let end: Date;
let resting: Order;
let stop: Order;

before(async () => {
  await market.start();
  client = await createTestClient(database, { cash: usd("10000"), shares: { AAPL: 9, IDLE: 7 } });
  seller = await createTestClient(database, { shares: { AAPL: 100 } });
  await market.matched(await market.place(seller, order("sell", 3, "100.00", GTC)));
  await market.over(await market.place(client, order("buy", 3, "100.00", GTC)));
  resting = await market.matched(await market.place(client, order("buy", 5, "90.00", GTC)));
  const stopTerms = { ...GTC, orderType: "stop", stopPrice: usd("104.00") } as const;
  stop = await market.matched(await market.place(client, order("buy", 2, undefined, stopTerms)));
  end = new Date(Date.now() + 2);
  await until(() => Date.now() > end.getTime() + 2, "the period is over");
});

const makers = {
  statement: reportStatement,
  trades: reportTrades,
  pnl: reportPnl,
  equity: reportEquity,
};

/** Every report of the period in every format, as it is sent, by its name. */
const makeAll = async (): Promise<Readonly<Record<string, string>>> => {
  const today = start.toISOString().slice(0, 10) as Day;
  const request = {
    ...{ clientId: client, days: { from: today, to: today, timeZone: "UTC" }, isFinal: true },
    ...{ period: { from: new Date(start.getTime() - 60_000), to: end }, now: end },
    ...{ symbol: undefined, table: "symbols" as const, interval: "hour" as const },
  };
  const documents: Record<string, string> = {};
  for (const [name, make] of Object.entries(makers)) {
    const made = async (tx: Transaction) =>
      (await make(tx, request)) ?? assert.fail("no such client");
    for (const format of ["json", "csv"] as const) {
      const { body } = await answerReport(
        {
          format,
          streams: true,
          wantsDigest: false,
          onBroken: (error) => assert.fail(String(error)),
        },
        (send) => inSnapshot(database, (tx) => send(() => made(tx))),
      );
      documents[`${name}.${format}`] = String(body);
    }
    const read = await inSnapshot(database, async (tx) => readForPdf(await made(tx)));
    const { body } = await answerPdf(read, { streams: true });
    documents[`${name}.pdf`] = Buffer.from(body as Buffer).toString("latin1");
  }
  return documents;
};

/** Makes every kind of change that can happen to the data of the reports. */
const changeEverything = async (): Promise<void> => {
  await database.query(sql`
    update identity.client
    set first_name = 'New', last_name = 'Name', email = 'new@test.example'
    where client_id = ${client}`);
  await database.query(sql`
    update market.instrument set reference_price = 2 * reference_price where symbol = 'IDLE'`);
  await database.query(sql`
    update market.instrument set reference_price = 3 * reference_price where symbol = 'IDLE'`);
  const decrement = { ...IOC, selfTradePrevention: "decrement" } as const;
  await market.over(await market.place(client, order("sell", 2, "90.00", decrement)));
  const shrunk = await market.when(resting, ({ openQuantity }) => openQuantity < 5);
  assert.equal(shrunk.filledQuantity, 0, "self-trade prevention shrank the order");
  await market.replace(await market.read(client, stop.orderId), { stopPrice: usd("103.00") });
  await market.over(await market.place(seller, order("sell", 3, "90.00", GTC)));
  await market.cancel(await market.read(client, stop.orderId));
  await market.over(await market.place(client, order("sell", 1, undefined, IOC)));
  while ((await numberActivities(database)) > 0);
};

test("reports of a finished period keep their bytes when names, prices and orders change", async () => {
  while ((await numberActivities(database)) > 0);
  const first = await makeAll();
  const statement = JSON.parse(first["statement.json"] ?? "");
  assert.deepEqual(
    statement.open_orders.map(({ open_quantity }: { open_quantity: number }) => open_quantity),
    [5, 2],
  );
  assert.equal(statement.client.full_name, "Test Client");
  await changeEverything();
  const second = await makeAll();
  for (const name of Object.keys(first)) assert.equal(second[name], first[name], name);
});
