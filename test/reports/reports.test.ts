import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { reportEquity } from "../../functions/report-equity/report-equity.ts";
import { reportPnl } from "../../functions/report-pnl/report-pnl.ts";
import { reportStatement } from "../../functions/report-statement/report-statement.ts";
import { reportTrades } from "../../functions/report-trades/report-trades.ts";
import type { ClientId } from "../../layers/domain/identifiers.ts";
import type { Day } from "../../layers/domain/identity/client.ts";
import type { Order } from "../../layers/domain/orders/order.ts";
import { formatMoney, parseMoney } from "../../layers/domain/units.ts";
import { requestOf } from "../../layers/http/reports/report-answer.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { openDatabase, sql } from "../../layers/store/pg/database.ts";
import { inSnapshot } from "../../layers/store/reports/snapshot.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import {
  asRole,
  authorizationOf,
  invoke,
  type Reply,
  useEnvironment,
} from "../../layers/testing/http.ts";
import { order, usd } from "../../layers/testing/terms.ts";
import { exchange } from "../support/exchange.ts";
import { loadRoutes } from "../support/routes.ts";

// The four reports over HTTP, about orders that a real matcher matched.

const database = await testDatabase();
useEnvironment(database.url);
const routes = await loadRoutes();
await createInstrument(database, "AAPL");
const market = await exchange(database);
const today = new Date().toISOString().slice(0, 10);
const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);

let buyer: ClientId;
let seller: ClientId;
let bought: Order;

const report = async (
  name: string,
  query: Readonly<Record<string, string>> = {},
  { as = buyer, roles = [], ...headers }: Sender = {},
): Promise<Reply> => {
  const route = routes[`report${name}`];
  assert.ok(route !== undefined, name);
  const { method, path } = route.contract;
  const asked = new URLSearchParams({ from: yesterday, to: today, ...query }).toString();
  return invoke(route.handler, {
    ...{ method, path, query: asked },
    headers: { authorization: await authorizationOf(as, roles), ...headers },
  });
};

type Sender = {
  readonly as?: ClientId;
  readonly roles?: readonly string[];
  readonly accept?: string;
  readonly "x-correlation-id"?: string;
};

type Table = readonly Readonly<Record<string, string | number | null>>[];
const tableOf = (reply: Reply, name: string): Table => {
  assert.equal(reply.status, 200, reply.text);
  return reply.json()[name] as Table;
};

before(async () => {
  await market.start();
  buyer = await createTestClient(database, { cash: usd("10000"), shares: {} });
  seller = await createTestClient(database, { cash: usd("0.01"), shares: { AAPL: 100 } });
  const asks = [
    await market.place(seller, order("sell", 2, "100.00")),
    await market.place(seller, order("sell", 3, "100.50")),
  ];
  await Promise.all(asks.map(market.matched));
  bought = await market.place(buyer, order("buy", 7, "100.50", { timeInForce: "GTC" }));
  await market.when(bought, ({ filledQuantity }) => filledQuantity === 5);
  await market.replace(await market.read(buyer, bought.orderId), { price: usd("101.00") });
  await market.over(await market.place(seller, order("sell", 2, "101.00")));
  bought = await market.over(bought);
  await market.over(await market.place(seller, order("buy", 1, "101.00", { timeInForce: "IOC" })));
});

test("every fill is confirmed, and the fills sum to the order's average", async () => {
  const reply = await report("Trades");
  const fills = tableOf(reply, "trades");
  assert.deepEqual(
    fills.map(({ quantity, price, gross, liquidity }) => [quantity, price, gross, liquidity]),
    [
      [2, "100.00", "200.00", "taker"],
      [3, "100.50", "301.50", "taker"],
      [2, "101.00", "202.00", "maker"],
    ],
  );
  const gross = fills.reduce((sum, fill) => sum + (parseMoney(String(fill["gross"])) ?? 0n), 0n);
  assert.equal(gross, bought.filledNotional);
  for (const fill of fills) {
    assert.deepEqual([fill["fee"], fill["net"]], ["0.00", fill["gross"]]);
    assert.equal(fill["settlement_date"], String(fill["time"]).slice(0, 10));
    assert.deepEqual([fill["order_id"], fill["side"]], [bought.orderId, "buy"]);
    assert.match(String(fill["trade_id"]), /^AAPL-\d+-\d+$/);
  }
  assert.deepEqual(tableOf(reply, "totals"), [
    {
      ...{ symbol: "AAPL", bought_quantity: "7", bought: formatMoney(gross) },
      ...{ sold_quantity: "0", sold: "0.00" },
    },
  ]);
  assert.ok(fills.every((fill) => fill["client_order_id"] === bought.clientOrderId));
});

test("a statement begins with nothing, lists every activity, and ends with what is owned", async () => {
  const reply = await report("Statement");
  const { opening, closing, final } = reply.json();
  assert.deepEqual([opening, final], [[], false]);
  assert.deepEqual(closing, [
    { asset: "AAPL", balance: "7" },
    { asset: "USD", balance: "9296.50" },
  ]);
  assert.deepEqual(
    tableOf(reply, "activities").map(({ kind, asset, amount, balance }) => [
      ...[kind, asset, amount, balance],
    ]),
    [
      ["deposit", "USD", "10000.00", "10000.00"],
      ["trade", "USD", "-200.00", "9800.00"],
      ["trade", "AAPL", "2", "2"],
      ["trade", "USD", "-301.50", "9498.50"],
      ["trade", "AAPL", "3", "5"],
      ["trade", "USD", "-202.00", "9296.50"],
      ["trade", "AAPL", "2", "7"],
    ],
  );
});

test("profit and loss agrees with the portfolio", async () => {
  const [symbol] = tableOf(await report("Pnl"), "symbols");
  const portfolio = await invoke(routes["getPortfolio"]?.handler ?? assert.fail("no route"), {
    ...{ method: "GET", path: "/api/v1/portfolio" },
    headers: { authorization: await authorizationOf(buyer) },
  });
  const [position] = portfolio.json()["positions"] as Table;
  assert.ok(symbol !== undefined && position !== undefined);
  assert.equal(symbol["average_unrealized"], position["unrealized_pnl"]);
  assert.equal(symbol["average_realized"], position["realized_pnl"]);
  assert.equal(symbol["market_value"], position["market_value"]);
  const points = tableOf(await report("Equity"), "points");
  assert.equal(points.at(-1)?.["equity"], portfolio.json()["equity"]);
});

test("CSV keeps numbers bare and makes formulas text", async () => {
  const formula = "=1+1";
  const placed = await market.place(
    buyer,
    order("sell", 1, "90.00", { clientOrderId: formula, timeInForce: "GTC" }),
  );
  await market.over(await market.place(seller, order("buy", 1, "90.00")));
  await market.over(placed);
  const reply = await report("Trades", { format: "csv" });
  assert.match(reply.headers["content-type"] ?? "", /^text\/csv/);
  const lines = reply.text.split("\r\n");
  assert.match(lines[0] ?? "", /^time,trade_id,order_id,client_order_id,side,/);
  assert.ok(lines.some((line) => line.includes(",'=1+1,sell,AAPL,1,90.00,90.00,0.00,90.00,")));
  const pnl = await report("Pnl", { format: "csv", table: "closed_lots" });
  assert.match(pnl.text, /,-10\.00,0\r\n/, "a loss is a number");
});

test("PDF has pages, and the same figures as JSON", async () => {
  const reply = await report("Statement", {}, { accept: "application/pdf" });
  assert.equal(reply.headers["content-type"], "application/pdf");
  assert.ok(reply.status === 200 && reply.text.length > 1_000);
});

test("the role of the reporting process can read every report and change nothing", async () => {
  const reader = openDatabase({
    url: asRole(database.url, "brokerx_reports"),
    poolSize: 1,
    applicationName: "test reporting",
  });
  after(() => reader.end());
  const now = new Date();
  const request = {
    ...requestOf(buyer, { from: yesterday as Day, to: today as Day, timeZone: "UTC" }, now),
    ...{ symbol: undefined, table: "symbols" as const, interval: "hour" as const, now },
  };
  for (const make of [reportStatement, reportTrades, reportPnl, reportEquity])
    await inSnapshot(reader, async (tx) => {
      const made = await make(tx, request);
      assert.ok(made !== undefined);
      for (const table of made.tables) await Array.fromAsync(table.pages);
    });
  await assert.rejects(reader.query(sql`update ledger.balance set available = 0`));
  await assert.rejects(reader.query(sql`delete from trading.trade`));
});

test("a bad parameter is refused with a code of its own and its name", async () => {
  const cases = [
    ["Statement", "invalid_date", "from", { from: "2026-02-30" }],
    ["Statement", "invalid_date", "to", { to: "tomorrow" }],
    ["Statement", "period_order", "to", { from: today, to: yesterday }],
    ["Statement", "period_too_long", "to", { from: "2020-01-01" }],
    ["Statement", "invalid_time_zone", "tz", { tz: "Mars/Olympus" }],
    ["Statement", "invalid_value", "format", { format: "xml" }],
    ["Statement", "unknown_field", "colour", { colour: "red" }],
    ["Trades", "invalid_symbol", "symbol", { symbol: "aapl" }],
    ["Pnl", "invalid_value", "table", { table: "lots" }],
    ["Equity", "invalid_value", "interval", { interval: "minute" }],
  ] as const;
  for (const [name, code, path, query] of cases) {
    const reply = await report(name, query);
    assert.equal(reply.status, 422, `${code}: ${reply.text}`);
    const [error] = reply.json()["errors"] as Table;
    assert.deepEqual([error?.["code"], error?.["path"]], [code, path]);
  }
  assert.equal((await report("Statement", {}, { accept: "image/png" })).status, 406);
});

test("a period has at most 366 days as JSON and PDF, and more as CSV", async () => {
  const days = (to: string) => ({ from: "2023-01-01", to });
  for (const format of ["json", "pdf"]) {
    assert.equal((await report("Trades", { ...days("2024-01-01"), format })).status, 200, format);
    const refused = await report("Trades", { ...days("2024-01-02"), format });
    const [error] = refused.json()["errors"] as Table;
    assert.equal(error?.["message"], "must be at most 365 days after from", format);
  }
  const years = await report("Trades", { ...days("2026-01-01"), format: "csv" });
  assert.equal(years.status, 200);
});

test("only administrators may read another client's report, and each such request is audited", async () => {
  const operator = await createTestClient(database, { roles: ["admin"] });
  const looks = async () => {
    const { rows } = await database.query<{ readonly client_id: string; readonly facts: object }>(
      sql`select client_id, subject, correlation_id, facts from trading.audit
        where action = 'report_read' order by audit_id`,
    );
    return rows;
  };
  const named = { client_id: buyer };
  assert.equal((await report("Statement", named)).status, 200, "one's own");
  assert.equal((await report("Statement", named, { as: seller })).status, 403);
  assert.equal(
    (await report("Statement", named, { as: operator })).status,
    403,
    "without the role",
  );
  assert.deepEqual(await looks(), [], "nothing was read");

  const asOperator = { as: operator, roles: ["admin"], "x-correlation-id": "a-look" };
  for (const name of ["Statement", "Trades", "Pnl", "Equity"]) {
    const reply = await report(name, named, asOperator);
    assert.equal(reply.status, 200, reply.text);
    assert.deepEqual(reply.json()["client"], (await report(name)).json()["client"]);
  }
  const look = {
    ...{ client_id: operator, subject: buyer, correlation_id: "a-look" },
    facts: { from: yesterday, to: today, address: "203.0.113.7" },
  };
  assert.deepEqual(await looks(), [look, look, look, look]);
  assert.equal((await report("Statement", { client_id: newUuid() }, asOperator)).status, 404);
});
