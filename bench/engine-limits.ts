import { spawnSync } from "node:child_process";
import { argv, execPath, memoryUsage } from "node:process";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Book, createArena, createBook, execute } from "../matcher/engine/book.ts";
import { restore, snapshot } from "../matcher/engine/snapshot.ts";
import { engine } from "./engine-runners.ts";
import { ordinary, randomOf, streamOf } from "./engine-stream.ts";

/**
 * The engine at its limits: the time of single operations with a million resting orders, the memory
 * of an order, and restoring a book of 100,000 orders.
 */
setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

/** Twice, because the second collection frees what the first has made ready. */
const usedBytes = (): number => {
  collectGarbage();
  collectGarbage();
  const { heapUsed, arrayBuffers } = memoryUsage();
  return heapUsed + arrayBuffers;
};

/** Fills books with resting orders, at 500 prices on each side. */
const filledBooks = (symbols: number, resting: number): Book[] => {
  const random = randomOf(1);
  const arena = createArena();
  const books = Array.from({ length: symbols }, () => createBook(arena));
  for (let order = 1; order <= resting; order += 1) {
    const buys = random(2) === 0;
    const distance = 1 + random(500);
    const book = books[random(symbols)];
    if (book === undefined) continue;
    execute(book, {
      type: "place",
      order,
      owner: order % 1_000_003,
      side: buys ? "buy" : "sell",
      orderType: "limit",
      quantity: 1 + random(100),
      price: 100_000 + (buys ? -distance : distance),
      timeInForce: "GTC",
      postOnly: false,
      selfTradePrevention: "expire_taker",
    });
  }
  return books;
};

/** Bytes for each open order: everything that a filled book holds, divided by its orders. */
const measureMemory = (symbols: number, resting: number): Record<string, unknown> => {
  filledBooks(1, 1_000);
  const before = usedBytes();
  const residentBefore = memoryUsage.rss();
  const books = filledBooks(symbols, resting);
  const bytes = usedBytes() - before;
  const resident = memoryUsage.rss() - residentBefore;
  const orders = books.reduce((sum, book) => sum + book.openOrders, 0);
  return {
    "bytes an order": Math.round((bytes / orders) * 10) / 10,
    "resident bytes an order": Math.round((resident / orders) * 10) / 10,
  };
};

/** The time of each operation in microseconds, including reading the clock. */
const measureLatency = (symbols: number, resting: number): Record<string, unknown> => {
  const stream = streamOf(ordinary(symbols, resting, 1_000_000), 1);
  const { runTimed } = engine.prepare(stream, symbols);
  collectGarbage();
  const times = runTimed().sort();
  const at = (share: number): number =>
    Math.round((times[Math.floor((times.length - 1) * share)] ?? Number.NaN) * 1e6) / 1e3;
  return {
    "p50 µs": at(0.5),
    "p99 µs": at(0.99),
    "p99.9 µs": at(0.999),
    "p99.99 µs": at(0.9999),
    "largest µs": at(1),
    "over 1 ms": times.filter((time) => time > 1).length,
  };
};

/** The time in milliseconds to restore a book, and to take its snapshot. */
const measureRestore = (resting: number): Record<string, unknown> => {
  const [book = createBook()] = filledBooks(1, resting);
  const started = performance.now();
  const saved = snapshot(book);
  const taken = performance.now();
  const copy = restore(saved);
  const restored = performance.now();
  return {
    orders: copy.openOrders,
    "snapshot ms": Math.round(taken - started),
    "restore ms": Math.round(restored - taken),
  };
};

/** Each measurement runs in its own process, in which nothing was allocated before. */
const MEASUREMENTS: Record<string, () => Record<string, unknown>> = {
  "memory, 100,000 on one symbol": () => measureMemory(1, 100_000),
  "memory, 100,000 on 100 symbols": () => measureMemory(100, 100_000),
  "memory, 1,000,000 on one symbol": () => measureMemory(1, 1_000_000),
  "restore, 100,000 on one symbol": () => measureRestore(100_000),
  "latency, 1,000,000 on one symbol": () => measureLatency(1, 1_000_000),
  "latency, 1,000,000 on 100 symbols": () => measureLatency(100, 1_000_000),
};

const [, script = "", wanted] = argv;
for (const [name, measurement] of Object.entries(MEASUREMENTS)) {
  if (wanted === name) console.table({ [name]: measurement() });
  else if (wanted === undefined) spawnSync(execPath, [script, name], { stdio: "inherit" });
}
