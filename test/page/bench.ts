import { mkdir, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import type { Browser, CDPSession, Page } from "playwright-core";
import { launchBrowser } from "../support/browser.ts";
import { randomMarket } from "./random-market.ts";
import { startSystem } from "./system.ts";
import { newVisitor, type Visitor } from "./visitor.ts";

// `npm run bench:page -- [--minutes=10]`: what the trade page weighs, how soon it is usable, how long its tasks are
// at 50 market events a second, and whether its memory grows at 20. Writes bench/results/page.json.

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "10" }, seed: { type: "string", default: "1" } },
});
const MINUTES = Number(values.minutes);
const SYMBOL = "MSFT";
const RELOADS = 7;
const BUSY = { seconds: 30, perSecond: 50 };
const CALM_PER_SECOND = 20;
const IN_FLIGHT_MAX = 60;
const LONG_TASK_MS = 50;

const median = (list: readonly number[]): number =>
  list.toSorted((a, b) => a - b)[list.length >> 1] ?? 0;
const round = (value: number): number => Math.round(value * 10) / 10;

/** Records in the page when the verified book is shown and an order can be typed. */
const noteUsable = (): void => {
  const isUsable = (): boolean =>
    document.querySelector('[data-book-state="live"]') !== null &&
    document.querySelector('input[name="quantity"]') !== null;
  const observer = new MutationObserver(() => {
    if (!isUsable()) return;
    observer.disconnect();
    performance.mark("usable");
  });
  observer.observe(document, { childList: true, subtree: true, attributes: true });
};

const measureLoading = async ({ page }: Visitor) => {
  const sizes = new Map<string, Promise<number>>();
  page.on("response", (response) => {
    if (response.request().resourceType() !== "script") return;
    sizes.set(
      response.url(),
      response.body().then((body) => gzipSync(body).length),
    );
  });
  await page.addInitScript(noteUsable);
  const times: number[] = [];
  for (let reload = 0; reload < RELOADS; reload += 1) {
    await page.reload();
    await page.locator('[data-book-state="live"]').waitFor();
    await page.getByLabel("Quantity").waitFor();
    times.push(
      await page.evaluate(() => performance.getEntriesByName("usable")[0]?.startTime ?? 0),
    );
  }
  const bytes = (await Promise.all(sizes.values())).reduce((sum, size) => sum + size, 0);
  return { script_gzip_kb: round(bytes / 1024), usable_ms: times.map(Math.round) };
};

type Market = ReturnType<typeof randomMarket>;

/** Changes the market at a fixed rate, whether or not earlier changes are answered. */
const drive = async (market: Market, perSecond: number, seconds: number): Promise<number> => {
  const started = performance.now();
  let sent = 0;
  let inFlight = 0;
  while (performance.now() - started < seconds * 1_000) {
    const due = Math.floor(((performance.now() - started) / 1_000) * perSecond);
    while (sent < due && inFlight < IN_FLIGHT_MAX) {
      sent += 1;
      inFlight += 1;
      void market
        .change()
        .catch(() => undefined)
        .finally(() => {
          inFlight -= 1;
        });
    }
    await delay(5);
  }
  return sent;
};

type TraceEvent = {
  readonly name: string;
  readonly cat: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args?: { readonly name?: string; readonly data?: { readonly url?: string } };
};

/** Tasks of the page's main thread, with their time by the clock and their time on a processor, in ms. */
const tasksOf = (trace: readonly TraceEvent[]) => {
  const main = trace.filter(
    ({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain",
  );
  const keys = new Set(main.map(({ pid, tid }) => `${pid} ${tid}`));
  return trace
    .filter(({ name, pid, tid }) => name.endsWith("RunTask") && keys.has(`${pid} ${tid}`))
    .map(({ dur = 0, tdur = 0 }) => ({ wall: dur / 1_000, cpu: tdur / 1_000 }));
};

const measureTasks = async (browser: Browser, page: Page, market: Market) => {
  let frames = 0;
  const count = (): void => {
    frames += 1;
  };
  page.on("websocket", (socket) => socket.on("framereceived", count));
  await page.reload();
  await page.locator('[data-book-state="live"]').waitFor();
  await drive(market, BUSY.perSecond, 5); // the code of the page is compiled
  frames = 0;
  await browser.startTracing(page, { categories: ["toplevel", "devtools.timeline"] });
  const sent = await drive(market, BUSY.perSecond, BUSY.seconds);
  const trace = JSON.parse((await browser.stopTracing()).toString("utf8")) as {
    readonly traceEvents: readonly TraceEvent[];
  };
  const tasks = tasksOf(trace.traceEvents);
  const longest = (time: "wall" | "cpu"): number => Math.max(...tasks.map((task) => task[time]));
  const countLong = (time: "wall" | "cpu"): number =>
    tasks.filter((task) => task[time] > LONG_TASK_MS).length;
  const busy = tasks.reduce((sum, { cpu }) => sum + cpu, 0);
  return {
    events_per_second: round(sent / BUSY.seconds),
    feed_messages_per_second: round(frames / BUSY.seconds),
    tasks: tasks.length,
    // On a busy machine a task also waits for a processor; that time is in `by_clock` only.
    long_tasks: { by_clock: countLong("wall"), by_processor_time: countLong("cpu") },
    longest_task_ms: { by_clock: round(longest("wall")), by_processor_time: round(longest("cpu")) },
    main_thread_cpu_percent: round(busy / (BUSY.seconds * 10)),
  };
};

const heapOf = async (session: CDPSession) => {
  for (let pass = 0; pass < 3; pass += 1) await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  const { nodes, jsEventListeners } = await session.send("Memory.getDOMCounters");
  return { heap_kb: Math.round(usedSize / 1024), nodes, listeners: jsEventListeners };
};

const measureMemory = async (page: Page, market: Market) => {
  const session = await page.context().newCDPSession(page);
  await page.reload();
  await page.locator('[data-book-state="live"]').waitFor();
  const samples = [];
  for (let minute = 0; minute <= MINUTES; minute += 1) {
    await drive(market, CALM_PER_SECOND, 60);
    samples.push(await heapOf(session));
    console.log(`minute ${minute + 1}:`, samples.at(-1));
  }
  const first = samples[0]?.heap_kb ?? 0;
  const growth = ((samples.at(-1)?.heap_kb ?? 0) / first - 1) * 100;
  return { minutes: MINUTES, growth_percent: round(growth), samples };
};

const [system, browser] = await Promise.all([startSystem(), launchBrowser()]);
const visitor = await newVisitor(browser, system);
await visitor.logIn("Demo");
await visitor.visit(`/trade/${SYMBOL}`);
await visitor.page.locator('[data-book-state="live"]').waitFor();
const market = randomMarket(system, SYMBOL, Number(values.seed));
await drive(market, CALM_PER_SECOND, 5);
const loading = await measureLoading(visitor);
console.log({ ...loading, usable_median_ms: median(loading.usable_ms) });
const tasks = await measureTasks(browser, visitor.page, market);
console.log(tasks);
const memory = MINUTES > 0 ? await measureMemory(visitor.page, market) : undefined;
console.log(memory && { minutes: memory.minutes, growth_percent: memory.growth_percent });
await market.clear();
await browser.close();
await system.stop();
const machine = { processor: cpus()[0]?.model, cores: cpus().length, node: process.version };
const results = join(import.meta.dirname, "../../bench/results");
await mkdir(results, { recursive: true });
const report = { machine, loading, tasks, memory };
await writeFile(join(results, "page.json"), JSON.stringify(report, null, 2));
