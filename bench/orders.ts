import { mkdir, writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { benchAccept } from "./orders/accept.ts";
import { benchEndToEnd } from "./orders/end-to-end.ts";
import { openMarket } from "./orders/market.ts";
import { preparePgbench } from "./orders/pgbench.ts";
import { benchSettle } from "./orders/settle.ts";
import { startBenchServer } from "./server.ts";

// The cost of an order: `npm run bench:orders`, or a part of it with `-- accept`, `settle` or
// `http`, and a shorter run with --seconds and --repetitions. Accepting and settling alternate with
// pgbench's simple-update on the same embedded PostgreSQL; http starts a whole system. Prints
// tables and writes bench/results/orders.json.

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: "string" }, repetitions: { type: "string" } },
});
const seconds = Number(options.seconds ?? 5);
const repetitions = Number(options.repetitions ?? 5);
const wanted = (part: string) => positionals.length === 0 || positionals.includes(part);

const results: Record<string, unknown> = {};
const benchDatabase = async (): Promise<void> => {
  const server = await startBenchServer();
  try {
    const turns = { seconds, repetitions, serverPid: server.pid };
    const pgbench = await preparePgbench(server.url("pgbench"), 10);
    console.log(pgbench.version);
    const market = await openMarket(server.url("brokerx"), 10);
    if (wanted("accept"))
      results["accept"] = await benchAccept(market, server.url("brokerx"), pgbench, turns);
    if (wanted("settle")) results["settle"] = await benchSettle(market, pgbench, turns);
    await market.database.end();
  } finally {
    await server.stop();
  }
};

if (wanted("accept") || wanted("settle")) await benchDatabase();
if (wanted("http")) Object.assign(results, await benchEndToEnd(seconds * 2));
const load = loadavg().map((value) => value.toFixed(1));
const machine = `${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}, load ${load.join(" ")}`;
console.log(machine);
for (const rows of Object.values(results)) console.table(rows);
await mkdir("bench/results", { recursive: true });
await writeFile(
  "bench/results/orders.json",
  JSON.stringify({ machine, seconds, repetitions, results }, null, 2),
);
