import assert from "node:assert/strict";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { ClientId, Ticker } from "../../layers/domain/identifiers.ts";
import { decodeCommand, readCommands } from "../../layers/store/matching/commands.ts";
import { acceptOrders } from "../../layers/store/orders/accept-orders.ts";
import { type Database, openDatabase, sql } from "../../layers/store/pg/database.ts";
import { newPairs, openSymbol, settleAll } from "../orders/settle.ts";

// One of the processes that share a fixed work. It prepares its part, reports that it is ready,
// waits for a line, does the part and prints the processor time in microseconds that the part took.

/** `accept`: a number of orders, each in its own transaction as on Lambda. `settle`: all commands of the symbols. */
export type Part = {
  readonly kind: "accept" | "settle";
  readonly url: string;
  readonly symbols: readonly Ticker[];
  readonly clients: readonly ClientId[];
  readonly orders: number;
};

const prepare = async (database: Database, part: Part): Promise<() => Promise<void>> => {
  if (part.kind === "settle") {
    const opened = await Promise.all(part.symbols.map((symbol) => openSymbol(database, symbol)));
    for (const symbol of opened) {
      const { book } = symbol.owned;
      const rows = await readCommands(database, book.instrument.symbol, book.lastSeq, 1_000_000);
      symbol.commands = rows.map(decodeCommand);
    }
    return async () => {
      await Promise.all(opened.map((symbol) => settleAll(database, symbol)));
    };
  }
  const [symbol] = part.symbols;
  assert.ok(symbol !== undefined);
  const orders = newPairs(part.clients, symbol, part.orders);
  return async () => {
    for (const order of orders) {
      const [verdict] = await acceptOrders(database, [order]);
      assert.equal(verdict?.kind, "accepted");
    }
  };
};

const part = JSON.parse(process.argv[2] ?? "") as Part;
const poolSize = part.kind === "accept" ? 1 : part.symbols.length;
const database = openDatabase({ url: part.url, poolSize, applicationName: "bench worker" });
await database.query(sql`select 1 as connected`);
const work = await prepare(database, part);
console.log("ready");
await once(createInterface(process.stdin), "line");
const before = process.cpuUsage();
await work();
const { user, system } = process.cpuUsage(before);
console.log(String(user + system));
await database.end();
process.stdin.destroy();
