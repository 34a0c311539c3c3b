import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { ClientId, Ticker } from "../../layers/domain/identifiers.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { createClient, fundCash } from "../../layers/store/seeding/fund.ts";
import {
  createInstrument,
  createTestClient,
  openTestSession,
} from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { authorizationOf, invoke, useEnvironment } from "../../layers/testing/http.ts";
import { order, usd } from "../../layers/testing/terms.ts";
import { exchange } from "../support/exchange.ts";
import { loadRoutes } from "../support/routes.ts";

// `npm run samples`: writes the documents and pictures of docs/samples, about a client who really traded.
// Needs pdftoppm (Debian: poppler-utils).

const FOLDER = join(import.meta.dirname, "../../docs/samples");
/** The upper part of the first page, in dots. */
const PICTURE = ["-r", "100", "-x", "0", "-y", "0", "-W", "1170", "-H", "500"];

const database = await testDatabase();
useEnvironment(database.url);
const routes = await loadRoutes();
for (const symbol of ["AAPL", "MSFT"]) await createInstrument(database, symbol);
const market = await exchange(database);

const createAda = async (): Promise<ClientId> => {
  const clientId = newUuid() as ClientId;
  await database.transaction(async (tx) => {
    const person = { firstName: "Ada", lastName: "Lovelace", email: "ada@brokerx.local" };
    await createClient(tx, { clientId, ...person, passwordHash: "none" });
    await openTestSession(tx, clientId);
    await fundCash(tx, clientId, usd("5000"));
  });
  return clientId;
};

/** Makes each trade of the samples: Ada's order trades with a resting order at the same price. */
const TRADES = [
  { symbol: "AAPL", direction: "buy", quantity: 10, price: "100.00", clientOrderId: "first" },
  { symbol: "AAPL", direction: "buy", quantity: 5, price: "101.30", clientOrderId: "more" },
  { symbol: "MSFT", direction: "buy", quantity: 20, price: "99.50", clientOrderId: "msft-1" },
  { symbol: "AAPL", direction: "sell", quantity: 12, price: "102.25", clientOrderId: "profit" },
  { symbol: "MSFT", direction: "sell", quantity: 5, price: "98.80", clientOrderId: "=1+1" },
] as const;

const trade = async (ada: ClientId, counterparty: ClientId): Promise<void> => {
  for (const { symbol, direction, quantity, price, clientOrderId } of TRADES) {
    const opposite = direction === "buy" ? "sell" : "buy";
    const of = { symbol: symbol as Ticker };
    await market.matched(
      await market.place(counterparty, order(opposite, quantity, price, { ...of })),
    );
    const terms = { ...of, clientOrderId };
    await market.over(await market.place(ada, order(direction, quantity, price, terms)));
  }
  const dip = { timeInForce: "GTC", clientOrderId: "dip" } as const;
  await market.matched(await market.place(ada, order("buy", 4, "95.00", dip)));
};

const ask = async (ada: ClientId, name: string, format: string) => {
  const route = routes[name] ?? assert.fail(name);
  const month = new Date().toISOString().slice(0, 7);
  const last = new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 0));
  const days = { from: `${month}-01`, to: last.toISOString().slice(0, 10) };
  const reply = await invoke(route.handler, {
    ...{ method: route.contract.method, path: route.contract.path },
    query: new URLSearchParams({ ...days, format }).toString(),
    headers: { authorization: await authorizationOf(ada) },
  });
  assert.equal(reply.status, 200, reply.text.slice(0, 300));
  return reply;
};

const writePdf = async (ada: ClientId, operation: string, name: string): Promise<void> => {
  const file = join(FOLDER, `${name}.pdf`);
  await writeFile(file, Buffer.from((await ask(ada, operation, "pdf")).text, "base64"));
  const picture = join(FOLDER, name);
  execFileSync("pdftoppm", ["-png", "-gray", "-singlefile", ...PICTURE, file, picture]);
};

test("the samples are written", async () => {
  await market.start();
  const ada = await createAda();
  const shares = { AAPL: 100, MSFT: 100 };
  const counterparty = await createTestClient(database, { cash: usd("100000"), shares });
  await trade(ada, counterparty);
  await mkdir(FOLDER, { recursive: true });
  await writePdf(ada, "reportStatement", "statement");
  await writePdf(ada, "reportPnl", "pnl");
  await writeFile(join(FOLDER, "trades.csv"), (await ask(ada, "reportTrades", "csv")).text);
  const pnl = (await ask(ada, "reportPnl", "json")).json();
  await writeFile(join(FOLDER, "pnl.json"), `${JSON.stringify(pnl, null, 2)}\n`);
});
