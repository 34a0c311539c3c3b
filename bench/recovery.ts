import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { startSqs } from "../infra/local/queue/sqs.ts";
import type { ClientId, Ticker } from "../layers/domain/identifiers.ts";
import { openDatabase, sql } from "../layers/store/pg/database.ts";
import { createInstrument } from "../layers/testing/clients.ts";
import { freePort } from "../layers/testing/free-port.ts";
import { randomBelow } from "../layers/testing/random.ts";
import { order } from "../layers/testing/terms.ts";
import { hashOf, rebuiltBook, replayLog } from "../test/support/books.ts";
import { createOrderPath } from "../test/support/exchange.ts";
import { richClients, unsettled } from "../test/support/stream.ts";
import { startBenchServer } from "./server.ts";

// How long a matcher takes to be ready again after SIGKILL, with 100,000 open orders on 50 symbols,
// a twentieth of them untriggered stops. Every order is accepted, relayed, matched and settled as
// usual; then the process is killed and started again, several times. Before and after, every book
// must have the same hash as a book that received all commands without interruption. Prints a table
// and writes bench/results/recovery.json. ORDERS, SYMBOLS and RUNS change the size.

const ORDERS = Number(process.env["ORDERS"] ?? 100_000);
const SYMBOLS = Number(process.env["SYMBOLS"] ?? 50);
const RUNS = Number(process.env["RUNS"] ?? 5);
const CLIENTS = 20;
const IN_FLIGHT = 512;
const below = randomBelow(1);

const postgres = await startBenchServer();
const url = postgres.url("brokerx");
const database = { ...openDatabase({ url, poolSize: 10, applicationName: "bench" }), url };
const sqsPort = await freePort();
const sqs = await startSqs(sqsPort);
const port = await freePort();

const startMatcher = (): ChildProcess =>
  spawn(process.execPath, ["matcher/main.ts"], {
    stdio: ["ignore", "ignore", "inherit"],
    env: {
      ...process.env,
      BROKERX_INSTANCE: "matcher",
      DATABASE_URL: url,
      SQS_ENDPOINT: `http://127.0.0.1:${sqsPort}`,
      SQS_QUEUE_URL: `http://127.0.0.1:${sqsPort}/000000000000/commands-0.fifo`,
      JWT_KEYS: `bench=${"x".repeat(32)}`,
      MAIL_SECRET: "x".repeat(32),
      MATCHER_PORT: String(port),
      LOG_LEVEL: "silent",
    },
  });

const untilReady = async (): Promise<void> => {
  const isReady = () =>
    fetch(`http://127.0.0.1:${port}/health`).then(
      async (response) =>
        response.status === 200 && (await response.text()).includes('"books":"ok"'),
      () => false,
    );
  while (!(await isReady())) await delay(5);
};

const gauge = async (name: string): Promise<number> => {
  const page = await fetch(`http://127.0.0.1:${port}/metrics`).then((response) => response.text());
  return Number(new RegExp(`^${name} (.+)$`, "m").exec(page)?.[1]);
};

/** Orders that rest: buys below 100, sells above, stops far outside. */
const restingOrder = (symbol: Ticker) => {
  const side = below(2) === 0 ? "buy" : "sell";
  const cents = () => String(below(100)).padStart(2, "0");
  const price = side === "buy" ? `${90 + below(10)}.${cents()}` : `${100 + below(10)}.${cents()}`;
  if (below(20) > 0 || price === "100.00") return order(side, 1 + below(9), price, { symbol });
  const { price: stopPrice } = order("buy", 1, side === "buy" ? "115.00" : "85.00");
  const limit = side === "buy" ? "116.00" : "84.00";
  return order(side, 1 + below(9), limit, { symbol, orderType: "stop_limit", stopPrice });
};

const fill = async (clients: readonly ClientId[], symbols: readonly Ticker[]): Promise<void> => {
  const orderPath = createOrderPath(database);
  let left = ORDERS;
  const place = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const symbol = symbols[left % symbols.length] as Ticker;
      await orderPath.place(clients[left % clients.length] as ClientId, restingOrder(symbol));
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, place));
  while ((await unsettled(database)) > 0) await delay(100);
};

/** One hash over all books: as they are stored, or as an uninterrupted matcher would have them. */
const hashAll = async (
  symbols: readonly Ticker[],
  how: "rebuilt" | "replayed",
): Promise<string> => {
  const all = createHash("sha256");
  for (const symbol of symbols) {
    const book =
      how === "rebuilt"
        ? await rebuiltBook(database, symbol)
        : (await replayLog(database, symbol)).book;
    all.update(hashOf(book));
  }
  return all.digest("hex").slice(0, 16);
};

const countOpen = async (): Promise<number> => {
  const { rows } = await database.query<{ readonly count: bigint }>(
    sql`select count(*) as count from trading.resting_order`,
  );
  return Number(rows[0]?.count ?? 0n);
};

type Run = {
  readonly readySeconds: number;
  readonly booksSeconds: number;
  /** Of the matcher's process alone; what PostgreSQL spends comes on top. */
  readonly cpuSeconds: number;
  readonly hash: string;
};

const measure = async (symbols: readonly Ticker[]): Promise<readonly Run[]> => {
  const runs: Run[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    matcher.kill("SIGKILL");
    await once(matcher, "exit");
    const killed = performance.now();
    matcher = startMatcher();
    await untilReady();
    const readySeconds = (performance.now() - killed) / 1_000;
    const booksSeconds = await gauge("book_rebuild_seconds");
    const cpuSeconds = await gauge("process_cpu_seconds_total");
    runs.push({ readySeconds, booksSeconds, cpuSeconds, hash: await hashAll(symbols, "rebuilt") });
  }
  return runs;
};

const symbols = Array.from(
  { length: SYMBOLS },
  (_, index) => `R${String.fromCharCode(65 + Math.floor(index / 26), 65 + (index % 26))}` as Ticker,
);
for (const symbol of symbols) await createInstrument(database, symbol);
const clients = await richClients(database, CLIENTS, symbols);
let matcher = startMatcher();
await untilReady();
const begun = performance.now();
await fill(clients, symbols);
const filledSeconds = (performance.now() - begun) / 1_000;
const open = await countOpen();
const expected = await hashAll(symbols, "replayed");
const runs = await measure(symbols);
matcher.kill("SIGTERM");
await once(matcher, "exit");
await database.end();
await sqs.close();
await postgres.stop();

const machine = `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}, Node ${process.version}`;
console.log(
  `${machine}; ${open} open orders on ${SYMBOLS} symbols, entered in ${filledSeconds.toFixed(0)} s`,
);
console.log(`every book replayed from the log: ${expected}`);
console.table(runs);
await mkdir("bench/results", { recursive: true });
await writeFile(
  "bench/results/recovery.json",
  JSON.stringify({ machine, open, symbols: SYMBOLS, expected, runs }, null, 2),
);
process.exitCode = runs.every(({ hash }) => hash === expected) && open > ORDERS * 0.99 ? 0 : 1;
