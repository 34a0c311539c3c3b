import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import { readEnvironment } from "../../infra/local/launcher/state.ts";
import { freePort } from "../../layers/testing/free-port.ts";
import {
  childrenOf,
  findPlace,
  launch,
  type Place,
  runProgram,
} from "../../test/support/launcher.ts";
import { cpuSeconds } from "./cpu.ts";
import { type Shot, volley } from "./open-loop.ts";

const RATES = [100, 500, 1_000] as const;
/** One pair in this number also waits for its trade and reports how long that took. */
const WAITING_PAIRS = 10;

type Row = Readonly<Record<string, string | number>>;
type Stages = ReadonlyMap<string, number>;

/**
 * The whole system as on a laptop, with orders at a fixed rate over HTTP; every second order trades
 * with the order before. Measures how long the sender waits, and the processor time of each process
 * for an order. Then measures the same handler without serverless-offline.
 */
export const benchEndToEnd = async (
  seconds: number,
): Promise<{ readonly latency: readonly Row[]; readonly stages: readonly Row[] }> => {
  const place = await findPlace();
  const system = launch(place.env, ["--quiet-market"]);
  try {
    await system.says(/BrokerX is ready in/, 120_000);
    const next = await shooter(place);
    await volley(next([place.ports["orders-a"], place.ports["orders-b"]]), {
      rate: 50,
      seconds: 5,
    });
    const latency: Row[] = [];
    const stages: Row[] = [];
    const measure = async (host: string, ports: readonly number[], rate: number): Promise<void> => {
      const before = await readStages(childrenOf(system));
      const { times, sent, failures } = await volley(next(ports), { rate, seconds });
      const after = await readStages(childrenOf(system));
      const ms = (kind: "ack" | "trade", percentile: number) =>
        times[kind].getValueAtPercentile(percentile) / 1_000;
      latency.push({
        ...{ host, rate, failures },
        ...{ ackP50: ms("ack", 50), ackP95: ms("ack", 95), ackP99: ms("ack", 99) },
        ...{ tradeP50: ms("trade", 50), tradeP95: ms("trade", 95), tradeP99: ms("trade", 99) },
      });
      stages.push({ host, rate, ...perOrder(before, after, sent) });
    };
    for (const rate of RATES)
      await measure("serverless-offline", [place.ports["orders-a"], place.ports["orders-b"]], rate);
    const bare = await startBare(place);
    const bareBefore = await cpuSeconds(bare.pid);
    await measure("bare node:http", [bare.port], 100);
    stages.push({
      host: "bare node:http, its own process",
      rate: 100,
      ordersMs: twoDigits((((await cpuSeconds(bare.pid)) - bareBefore) * 1_000) / (100 * seconds)),
    });
    bare.stop();
    return { latency, stages };
  } finally {
    system.child.kill("SIGTERM");
    await system.ended;
    await rm(place.home, { recursive: true, force: true });
  }
};

const twoDigits = (value: number): number => Math.round(value * 100) / 100;

const startBare = async (place: Place) => {
  const local = await readEnvironment(place.home);
  const port = await freePort();
  const child = spawn(process.execPath, ["bench/orders/bare-host.ts"], {
    env: {
      ...process.env,
      ...local,
      DATABASE_URL: local?.["DATABASE_URL_ORDERS"],
      BROKERX_INSTANCE: "bare",
      LOG_LEVEL: "silent", // failures are counted, and would fill the screen
      PORT: String(port),
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  return { port, pid: child.pid ?? 0, stop: () => child.kill() };
};

/**
 * Two simulated participants with enough cash and shares: one sells at 99, the other buys at 101.
 */
const shooter = async (place: Place) => {
  const bearer = (email: string) => runProgram(place.env, ["token", email]).stdout.trim();
  const [seller, buyer] = [bearer("maker-1@brokerx.local"), bearer("maker-2@brokerx.local")];
  return (ports: readonly number[]) =>
    (index: number): Shot => {
      const buys = index % 2 === 1;
      const waits = buys && Math.floor(index / 2) % WAITING_PAIRS === 0;
      const order = {
        ...{ symbol: "AAPL", order_type: "limit", direction: buys ? "buy" : "sell", quantity: 1 },
        ...{ price: buys ? 101 : 99, time_in_force: "GTC", client_order_id: randomUUID() },
      };
      return {
        kind: waits ? "trade" : "ack",
        origin: `http://127.0.0.1:${ports[index % ports.length]}`,
        path: "/api/v1/orders",
        method: "POST",
        headers: {
          authorization: `Bearer ${buys ? buyer : seller}`,
          "content-type": "application/json",
          ...(waits ? { prefer: "wait=5" } : {}),
        },
        body: JSON.stringify({ order }),
      };
    };
};

/** Processor seconds so far, by the name of each process of the system. */
const readStages = async (processes: ReturnType<typeof childrenOf>): Promise<Stages> => {
  const stages = new Map<string, number>();
  for (const { pid, command } of processes) {
    const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    const instance = /(?:^|\0)BROKERX_INSTANCE=([^\0]*)/.exec(environment)?.[1];
    const name = /postgres/.test(command) ? "postgres" : (instance ?? "other");
    const stage = name.startsWith("orders-") ? "orders" : name;
    stages.set(stage, (stages.get(stage) ?? 0) + (await cpuSeconds(pid)));
  }
  return stages;
};

const perOrder = (before: Stages, after: Stages, orders: number): Row =>
  Object.fromEntries(
    ["orders", "postgres", "matcher", "sqs", "market-feed", "worker"].map((stage) => [
      `${stage}Ms`,
      twoDigits((((after.get(stage) ?? 0) - (before.get(stage) ?? 0)) * 1_000) / orders),
    ]),
  );
