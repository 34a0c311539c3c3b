import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import type { ClientId } from "../layers/domain/identifiers.ts";
import { money } from "../layers/domain/units.ts";
import { openDatabase, sql } from "../layers/store/pg/database.ts";
import { createTestClient } from "../layers/testing/clients.ts";
import { authorizationOf } from "../layers/testing/http.ts";
import { depositInThePast } from "../layers/testing/past-deposits.ts";
import { startReporting } from "../test/support/reporting.ts";
import { startBenchServer } from "./server.ts";

// Statements of a client with 100,000 activities as CSV and JSON from the reporting process,
// alternating with psql's `\copy` of the same rows, which is the least that reading them can cost;
// and a PDF of nearly 10,000 lines. Prints a table and writes bench/results/reports.json.
// ACTIVITIES and RUNS change the size.

const ACTIVITIES = Number(process.env["ACTIVITIES"] ?? 100_000);
const RUNS = Number(process.env["RUNS"] ?? 5);
const PDF_LINES = 9_990;
const AT_ONCE = 10_000;
const DAY = "2026-03-02";

const postgres = await startBenchServer();
const url = postgres.url("brokerx");
const database = openDatabase({ url, poolSize: 4, applicationName: "bench" });

const clientWith = async (activities: number): Promise<ClientId> => {
  const client = await createTestClient(database);
  for (let start = 0; start < activities; start += AT_ONCE)
    await depositInThePast(
      database,
      client,
      Array.from({ length: Math.min(AT_ONCE, activities - start) }, (_, index) => ({
        at: `${DAY}T12:00:00.${String(start + index).padStart(6, "0")}Z`,
        amount: money(BigInt(10_000 + start + index)),
      })),
    );
  return client;
};

type Taken = { readonly firstMs: number; readonly allMs: number; readonly bytes: number };

const take = async (client: ClientId, format: string): Promise<Taken> => {
  const start = performance.now();
  const query = new URLSearchParams({ from: DAY, to: DAY, format });
  const response = await fetch(`${reporting.url}/api/v1/reports/statement?${query}`, {
    headers: { authorization: await authorizationOf(client) },
  });
  if (response.status !== 200) throw new Error(await response.text());
  let [firstMs, bytes] = [0, 0];
  for await (const chunk of response.body ?? []) {
    firstMs ||= performance.now() - start;
    bytes += chunk.length;
  }
  return { firstMs, bytes, allMs: performance.now() - start };
};

/** The time psql needs for the same rows. */
const copy = (client: ClientId): Taken => {
  const rows = `select created_at, kind, reference, asset, amount, sum(amount) over (order by
    created_at, journal_id) from ledger.journal where credit_account = '${client}'
    and debit_account <> credit_account order by created_at, journal_id`;
  const start = performance.now();
  const command = `\\copy (${rows.replaceAll("\n", " ")}) to stdout with (format csv, header)`;
  const output = execFileSync("psql", [url, "-c", command], { maxBuffer: 1e9 });
  const allMs = performance.now() - start;
  return { firstMs: Number.NaN, allMs, bytes: output.length };
};

const median = (values: readonly number[]): number =>
  Math.round([...values].sort((left, right) => left - right)[values.length >> 1] ?? Number.NaN);

const busy = await clientWith(ACTIVITIES);
const printed = await clientWith(PDF_LINES);
await database.query(sql`analyze ledger.journal`);
const reporting = await startReporting(url);
await take(printed, "csv");
const idle = reporting.memory();
const taken: Record<string, Taken[]> = { "psql \\copy": [], csv: [], json: [] };
for (let run = 0; run < RUNS; run += 1) {
  taken["psql \\copy"]?.push(copy(busy));
  for (const format of ["csv", "json"]) taken[format]?.push(await take(busy, format));
}
const growth = (reporting.memory()?.peak ?? 0) - (idle?.now ?? 0);
taken["pdf"] = [];
for (let run = 0; run < RUNS; run += 1) taken["pdf"].push(await take(printed, "pdf"));
await reporting.stop();
await database.end();
await postgres.stop();

const floor = median(taken["psql \\copy"]?.map(({ allMs }) => allMs) ?? []);
const table = Object.entries(taken).map(([what, runs]) => ({
  what,
  "first byte, ms": median(runs.map(({ firstMs }) => firstMs)),
  "all, ms": median(runs.map(({ allMs }) => allMs)),
  MB: ((runs[0]?.bytes ?? 0) / 1e6).toFixed(1),
  "times \\copy": what === "pdf" ? "" : (median(runs.map(({ allMs }) => allMs)) / floor).toFixed(1),
}));
const machine = `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}, Node ${process.version}`;
const memoryMb = Math.round(growth / 1_048_576);
console.log(`${machine}; ${ACTIVITIES} activities; PDF of ${PDF_LINES} lines; ${RUNS} runs`);
console.table(table);
console.log(`CSV and JSON took at most ${memoryMb} MB more than the idle process has.`);
await mkdir("bench/results", { recursive: true });
await writeFile(
  "bench/results/reports.json",
  JSON.stringify({ machine, activities: ACTIVITIES, runs: RUNS, memoryMb, table }, null, 2),
);
