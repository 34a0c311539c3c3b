import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, test } from "node:test";
import type { ClientId } from "../../layers/domain/identifiers.ts";
import { money } from "../../layers/domain/units.ts";
import { sql } from "../../layers/store/pg/database.ts";
import { createInstrument, createTestClient } from "../../layers/testing/clients.ts";
import { testDatabase } from "../../layers/testing/database.ts";
import { authorizationOf, invoke, useEnvironment } from "../../layers/testing/http.ts";
import { depositInThePast } from "../../layers/testing/past-deposits.ts";
import { order, usd } from "../../layers/testing/terms.ts";
import { exchange } from "../support/exchange.ts";
import { loadRoutes } from "../support/routes.ts";
import { findTool } from "../support/tools.ts";

// The text of each report's PDF has the figures of its JSON.

const database = await testDatabase();
useEnvironment(database.url);
const routes = await loadRoutes();
await createInstrument(database, "AAPL");
const market = await exchange(database);
const pdftotext = findTool("pdftotext", "PDFTOTEXT", ["-v"]);
const skip = "missing" in pdftotext ? pdftotext.missing : false;
/** More than a page holds. */
const DEPOSITS = 130;
const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);
let client: ClientId;

before(async () => {
  await market.start();
  client = await createTestClient(database, { cash: usd("999999.99"), shares: { AAPL: 5 } });
  await database.query(sql`
    update identity.client set first_name = 'Ζωή', last_name = 'Иванова-Müller'
    where client_id = ${client}`);
  const past = Array.from({ length: DEPOSITS }, (_, index) => {
    return { at: `${day(2)}T12:00:00.${String(index).padStart(6, "0")}Z`, amount: money(100n) };
  });
  await depositInThePast(database, client, past);
  const seller = await createTestClient(database, { cash: usd("99"), shares: { AAPL: 100 } });
  await market.matched(await market.place(seller, order("sell", 7, "100.03")));
  await market.over(await market.place(client, order("buy", 7, "100.03")));
  await market.matched(await market.place(client, order("sell", 2, "98.28")));
});

const ask = async (name: string, format: string) => {
  const route = routes[name] ?? assert.fail(name);
  const { method, path } = route.contract;
  const query = new URLSearchParams({ from: day(3), to: day(0), format }).toString();
  const headers = { authorization: await authorizationOf(client) };
  const reply = await invoke(route.handler, { method, path, query, headers });
  assert.equal(reply.status, 200, reply.text.slice(0, 300));
  return reply;
};

/** The text of a PDF, page by page. */
const pagesOf = async (base64: string): Promise<readonly string[]> => {
  const folder = await mkdtemp(join(tmpdir(), "brokerx-pdf-"));
  const file = join(folder, "report.pdf");
  await writeFile(file, Buffer.from(base64, "base64"));
  const path = "path" in pdftotext ? pdftotext.path : "";
  const text = execFileSync(path, ["-layout", file, "-"], { encoding: "utf8" });
  await rm(folder, { recursive: true });
  return text.split("\f").filter((page) => page.trim() !== "");
};

const FIGURE = /^-?\d+(\.\d{2,4})?$/;

/** Every row of every table in JSON, as the figures in it. */
const figuresOf = (document: Readonly<Record<string, unknown>>): readonly (readonly string[])[] =>
  Object.values(document)
    .filter((value) => Array.isArray(value))
    .flat()
    .map((row: Readonly<Record<string, unknown>>) =>
      Object.values(row)
        .map(String)
        .filter((cell) => FIGURE.test(cell)),
    );

/** The figures that JSON has before its tables, as the first page of a PDF shows them. */
const summaryOf = (json: Readonly<Record<string, unknown>>): readonly string[] => {
  const percent = (value: unknown) => `: ${(Number(value) * 100).toFixed(4)} %`;
  // The money-weighted return of a period that is not over changes every millisecond.
  if ("points" in json)
    return [`period${percent(json["time_weighted_return"])}`, "Money-weighted return for a year: "];
  if (!("totals" in json) || !("open_lots" in json)) return [];
  const totals = json["totals"] as Readonly<
    Record<string, { realized: string; unrealized: string }>
  >;
  return Object.values(totals).map(
    ({ realized, unrealized }) => `realised ${realized}, unrealised ${unrealized}`,
  );
};

for (const name of ["reportStatement", "reportTrades", "reportPnl", "reportEquity"])
  test(`${name}: the PDF has the figures of the JSON, line by line`, { skip }, async () => {
    const json = (await ask(name, "json")).json();
    const pages = await pagesOf((await ask(name, "pdf")).text);
    const lines = pages.flatMap((page) => page.split("\n")).map((line) => line.split(/\s+/));
    const rows = figuresOf(json);
    assert.ok(rows.length > 0);
    for (const row of rows)
      assert.ok(
        lines.some((words) => row.every((figure) => words.includes(figure))),
        `no line of the PDF has ${row.join(" ")}`,
      );
    for (const figure of summaryOf(json))
      assert.ok(pages[0]?.includes(figure), `no summary of the PDF has ${figure}`);
    for (const [index, page] of pages.entries()) {
      assert.match(page, /Ζωή Иванова-Müller/);
      assert.match(page, new RegExp(`BrokerX .* Page ${index + 1} of ${pages.length}\n`));
    }
    assert.doesNotMatch(pages.join("\n"), /…/, "something was cut");
  });

test("a table that continues on another page repeats its headings", { skip }, async () => {
  const pages = await pagesOf((await ask("reportStatement", "pdf")).text);
  assert.ok(pages.length >= 3);
  for (const page of pages.slice(0, -1)) assert.match(page, /Reference +Asset +Amount +Balance/);
});
