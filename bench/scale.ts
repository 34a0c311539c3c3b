import { mkdir, writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { sequenceCommands } from "../layers/store/matching/command-outbox.ts";
import { acceptOrders } from "../layers/store/orders/accept-orders.ts";
import { sql } from "../layers/store/pg/database.ts";
import { clientsOfSymbol, type Market, openMarket, SYMBOLS } from "./orders/market.ts";
import { newPairs } from "./orders/settle.ts";
import { type Shared, share, startSlowProxy } from "./scale/processes.ts";
import { measureStages } from "./scale/stages.ts";
import type { Part } from "./scale/worker.ts";
import { type BenchServer, startBenchServer } from "./server.ts";

// What an order needs at every stage (processor time, write-ahead log, disk), and what happens when
// several processes share the work: `npm run bench:scale`, with `-- --orders 4000` for less of it. Prints
// tables and writes bench/results/scale.json.

const { values: options } = parseArgs({ options: { orders: { type: "string" } } });
const orders = Number(options.orders ?? 32_000);
const NETWORK_MS = 5;

/** The same orders through one, two and four processes, each order alone over one connection. */
const shareAccepting = async (
  server: BenchServer,
  market: Market,
  { work, port, units }: { work: string; port?: number; units: number },
): Promise<readonly Shared[]> => {
  const url = new URL(server.url("brokerx"));
  if (port !== undefined) url.port = String(port);
  const results: Shared[] = [];
  for (const count of [1, 2, 4]) {
    const parts = Array.from(
      { length: count },
      (_, index): Part => ({
        ...{ kind: "accept", url: url.href, orders: units / count },
        symbols: SYMBOLS.slice(index, index + 1),
        clients: clientsOfSymbol(market.clients, index),
      }),
    );
    results.push(await share({ work, units, serverPid: server.pid }, parts));
  }
  return results;
};

/** The same trades through one, two and four matchers, which share the symbols. */
const shareMatching = async (
  server: BenchServer,
  market: Market,
  units: number,
): Promise<readonly Shared[]> => {
  const results: Shared[] = [];
  for (const count of [1, 2, 4]) {
    await prepareTrades(market, units * 2);
    const parts = Array.from(
      { length: count },
      (_, index): Part => ({
        ...{ kind: "settle", url: server.url("brokerx"), orders: 0, clients: [] },
        symbols: SYMBOLS.filter((_symbol, position) => position % count === index),
      }),
    );
    results.push(await share({ work: "match and settle", units, serverPid: server.pid }, parts));
  }
  return results;
};

const prepareTrades = async ({ database, clients }: Market, count: number): Promise<void> => {
  for (const [index, symbol] of SYMBOLS.entries()) {
    const pairs = newPairs(clientsOfSymbol(clients, index), symbol, count / SYMBOLS.length);
    for (let from = 0; from < pairs.length; from += 250)
      await acceptOrders(database, pairs.slice(from, from + 250));
  }
  const { rows } = await database.query<{ readonly shard: number; readonly epoch: bigint }>(
    sql`select shard, epoch from trading.shard`,
  );
  const leases = rows.map(({ shard, epoch }) => ({ shard, epoch: Number(epoch) }));
  while ((await sequenceCommands(database, leases)).length > 0);
};

const server = await startBenchServer();
const results: Record<string, unknown> = {};
try {
  const market = await openMarket(server.url("brokerx"), 10);
  await market.database.query(sql`analyze`);
  const stages = await measureStages(market, { orders, serverPid: server.pid });
  Object.assign(results, stages);
  // Warms up, and leaves tables of a usual size.
  await shareMatching(server, market, orders / 8);
  results["matching"] = await shareMatching(server, market, orders / 4);
  const local = { work: "accept, alone", units: orders / 4 };
  results["accepting"] = await shareAccepting(server, market, local);
  const proxy = await startSlowProxy(Number(new URL(server.url("brokerx")).port), NETWORK_MS);
  const far = { work: `accept, alone, ${2 * NETWORK_MS} ms away`, units: orders / 32 };
  results["far"] = await shareAccepting(server, market, { ...far, port: proxy.port });
  proxy.stop();
  await market.database.end();
} finally {
  await server.stop();
}
const load = loadavg().map((value) => value.toFixed(1));
const machine = `${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}, load ${load.join(" ")}`;
console.log(machine);
for (const rows of Object.values(results)) console.table(rows);
await mkdir("bench/results", { recursive: true });
await writeFile("bench/results/scale.json", JSON.stringify({ machine, orders, results }, null, 2));
