import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { build, type Histogram } from "hdr-histogram-js";
import { Client } from "undici";
import { holderOf } from "../infra/local/launcher/lock.ts";
import { portsFor } from "../infra/local/launcher/ports.ts";
import { stateFolder } from "../infra/local/launcher/state.ts";
import { tokenFor } from "../infra/local/tools/token.ts";
import { cpuSeconds } from "./orders/cpu.ts";

// Load against a running laptop system (`npm start -- --quiet-market` in another terminal): how
// many requests to portfolio, deposit and place are answered with 5 and with 50 connections; the
// time from sending an order to knowing its trade; and five users with pauses, after a warm-up.
// Each connection sends its next request after the answer to the last. *bare* is a server that does
// nothing under the same load, measured in between: the cost of the machine itself. Next to the
// times, the table has the processor time of all of BrokerX for a request, and the share of the
// machine that other programs used (both from /proc). Takes two minutes, prints a table and writes
// bench/results/http.json. Names of scenarios as arguments measure only those.

const ONLY = process.argv.slice(2);
const SECONDS = Number(process.env["SECONDS"] ?? 8);
const WARM_UP_SECONDS = 4;
const HOST = "127.0.0.1";
/** Five users with about this pause after each answer send about 20 requests a second. */
const USER_PAUSE_MS = 250;

type Call = {
  readonly port: number;
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

type Figures = {
  readonly scenario: string;
  readonly connections: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly failures: number;
  /** Processor time of all processes of the system for a request. */
  readonly cpuMs: number;
  /** Per cent of the machine's processors that neither the system nor this load used. */
  readonly othersPercent: number;
};

const ports = portsFor(process.env);

/** Without a running system there is nothing to measure: prints how to start it. */
const demandSystem = async (): Promise<void> => {
  for (const name of ["portfolios", "orders-a", "orders-b"] as const) {
    const url = `http://${HOST}:${ports[name]}/health`;
    const health = await fetch(url, { signal: AbortSignal.timeout(3_000) }).catch(() => undefined);
    if (health?.ok) continue;
    console.error(
      `${name} does not answer at ${url}. This measures a running system: start one with`,
    );
    console.error("  npm start -- --quiet-market");
    console.error("in another terminal, with the same BROKERX_PORT_OFFSET and BROKERX_HOME.");
    process.exit(1);
  }
};
await demandSystem();
const bearer = async (email: string) => ({ authorization: `Bearer ${await tokenFor(email)}` });
const alice = await bearer("alice@brokerx.local");
const bob = await bearer("bob@brokerx.local");
const json = { "content-type": "application/json" };

const getPortfolio = (): Call => ({
  port: ports.portfolios,
  method: "GET",
  path: "/api/v1/portfolio",
  headers: alice,
});

const deposit = (): Call => ({
  port: ports.portfolios,
  method: "POST",
  path: "/api/v1/deposits",
  headers: { ...alice, ...json, "idempotency-key": randomUUID() },
  body: '{"amount":"250.00","currency":"USD"}',
});

const turns = new Map<number, number>();
let placed = 0;
/**
 * After so many orders the buyer and the seller change roles, so that neither runs out of cash or
 * shares; the open orders of the new buyer are then cancelled.
 */
const ROLES_CHANGE_AFTER = 4_000;

/**
 * Each connection offers a share at 99 for one client and then buys one at 101 for the other, so
 * that every second order trades.
 */
const placeOrder = (connection: number, headers = {}): Call => {
  const turn = turns.get(connection) ?? 0;
  turns.set(connection, turn + 1);
  const buys = turn % 2 === 1;
  const isAlices = buys === (Math.floor(placed / ROLES_CHANGE_AFTER) % 2 === 0);
  placed += 1;
  const order = {
    symbol: "AAPL",
    order_type: "limit",
    direction: buys ? "buy" : "sell",
    quantity: 1,
    price: buys ? 101 : 99,
    time_in_force: "DAY",
    self_trade_prevention: "expire_maker",
    client_order_id: randomUUID(),
  };
  return {
    port: ports[connection % 2 === 0 ? "orders-a" : "orders-b"],
    method: "POST",
    path: "/api/v1/orders",
    headers: { ...(isAlices ? alice : bob), ...json, ...headers },
    body: JSON.stringify({ order }),
  };
};

/** The same, answered after the matcher's decision. */
const placeAndWait = (connection: number): Call => placeOrder(connection, { prefer: "wait=5" });

/** The steps of a user: read, deposit, place. */
const anything = (connection: number): Call =>
  [getPortfolio, deposit, () => placeOrder(connection)][Math.floor(Math.random() * 3)]?.() ??
  getPortfolio();

type Tally = { readonly latency: Histogram; requests: number; failures: number };

const keepBusy = async (
  connection: number,
  next: (connection: number) => Call,
  tally: Tally,
  { until, pauseMs }: { readonly until: () => boolean; readonly pauseMs: number },
): Promise<void> => {
  const clients = new Map<number, Client>();
  while (!until()) {
    const { port, ...request } = next(connection);
    const client = clients.get(port) ?? new Client(`http://${HOST}:${port}`);
    clients.set(port, client);
    const sent = process.hrtime.bigint();
    const response = await client.request(request);
    await response.body.dump();
    tally.latency.recordValue(Number((process.hrtime.bigint() - sent) / 1_000n));
    tally.requests += 1;
    if (response.statusCode >= 400) tally.failures += 1;
    if (pauseMs > 0) await delay(pauseMs * (0.5 + Math.random()));
  }
  await Promise.all([...clients.values()].map((client) => client.close()));
};

const newTally = (): Tally => ({
  latency: build({ lowestDiscernibleValue: 1, highestTrackableValue: 60_000_000 }),
  requests: 0,
  failures: 0,
});

const measure = async (
  scenario: string,
  connections: number,
  next: (connection: number) => Call,
  pauseMs = 0,
): Promise<Figures> => {
  const run = async (seconds: number): Promise<Tally & { readonly elapsed: number }> => {
    const tally = newTally();
    const begun = performance.now();
    const until = () => performance.now() - begun > seconds * 1_000;
    await Promise.all(
      Array.from({ length: connections }, (_, index) =>
        keepBusy(index, next, tally, { until, pauseMs }),
      ),
    );
    return { ...tally, elapsed: (performance.now() - begun) / 1_000 };
  };
  await run(WARM_UP_SECONDS);
  const before = await readCpu();
  const tally = await run(SECONDS);
  const after = await readCpu();
  const system = after.system - before.system;
  const otherPrograms = after.machine - before.machine - (after.load - before.load) - system;
  const ms = (percentile: number) => tally.latency.getValueAtPercentile(percentile) / 1_000;
  return {
    scenario,
    connections,
    requestsPerSecond: Math.round(tally.requests / tally.elapsed),
    p50Ms: ms(50),
    p95Ms: ms(95),
    p99Ms: ms(99),
    failures: tally.failures,
    cpuMs: Number(((system * 1_000) / tally.requests).toFixed(2)),
    othersPercent: Math.round((otherPrograms * 100) / tally.elapsed / cpus().length),
  };
};

const launcher = await holderOf(stateFolder(process.env));
const TICK_SECONDS = 0.01;

/** Processor seconds so far: of the system, of this load, and of everything on the machine. */
const readCpu = async () => {
  const stat = await readFile("/proc/stat", "utf8").catch(() => "");
  const [user = 0, nice = 0, kernel = 0, , , interrupts = 0, soft = 0, stolen = 0] =
    stat.split("\n")[0]?.split(/\s+/).slice(1).map(Number) ?? [];
  const [system, load] = await Promise.all([
    launcher === undefined ? 0 : cpuSeconds(launcher),
    cpuSeconds(process.pid),
  ]);
  const machine = (user + nice + kernel + interrupts + soft + stolen) * TICK_SECONDS;
  return { system, load, machine };
};

/** A server that does nothing, for the cost of the machine itself at the same load. */
const startBare = async (): Promise<{ readonly port: number; readonly stop: () => void }> => {
  const program = `const server = require("node:http").createServer((_, response) => response.end("{}"));
    server.listen(0, "${HOST}", () => console.log(server.address().port));`;
  const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  const [port] = await once(child.stdout, "data");
  return { port: Number(String(port)), stop: () => child.kill() };
};

const wanted = (scenario: string): boolean => ONLY.length === 0 || ONLY.includes(scenario);

const measureAll = async (getNothing: () => Call): Promise<readonly Figures[]> => {
  const figures: Figures[] = [];
  for (const connections of [5, 50])
    for (const [scenario, next] of [
      ["bare", getNothing],
      ["portfolio", getPortfolio],
      ["deposit", deposit],
      ["place", placeOrder],
    ] as const)
      if (wanted(scenario)) figures.push(await measure(scenario, connections, next));
  if (wanted("match")) figures.push(await measure("match", 4, placeAndWait));
  if (wanted("users")) {
    figures.push(await measure("bare, users", 5, getNothing, USER_PAUSE_MS));
    figures.push(await measure("users", 5, anything, USER_PAUSE_MS));
  }
  return figures;
};

const bare = await startBare();
const figures = await measureAll(() => ({ port: bare.port, method: "GET", path: "/" })).finally(
  bare.stop,
);

const machine = `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}, Node ${process.version}`;
console.log(machine);
console.table(figures);
await mkdir("bench/results", { recursive: true });
await writeFile("bench/results/http.json", JSON.stringify({ machine, figures }, null, 2));
process.exitCode = figures.some(({ failures }) => failures > 0) ? 1 : 0;
