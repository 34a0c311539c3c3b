import { execSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { after } from "node:test";
import { childrenOf, findPlace, launch, runProgram } from "./launcher.ts";

/** A gateway in front of the whole system, and what a test needs to use it. */
type GatewayUnderTest = {
  readonly url: string;
  readonly statusUrl: string;
  readonly apikey: string;
  readonly token: string;
  /** Kills orders-a; undefined when the test does not know how. */
  readonly killOrdersA: (() => void) | undefined;
  /** Restarts orders-a when it does not restart by itself. */
  readonly reviveOrdersA: () => void;
};

const APIKEY = "brokerx-key-123";

/**
 * The gateway of GATEWAY_URL and GATEWAY_STATUS_URL, with TOKEN for a demo account and, for the
 * fail-over, shell commands in GATEWAY_KILL and GATEWAY_REVIVE (`docker compose kill orders-a`, …).
 * Without these variables it starts a laptop system, whose launcher restarts processes that die.
 */
export const gatewayUnderTest = async (): Promise<GatewayUnderTest> => {
  const { GATEWAY_URL, GATEWAY_STATUS_URL, GATEWAY_KILL, GATEWAY_REVIVE, TOKEN } = process.env;
  if (GATEWAY_URL === undefined) return ofLaptop();
  if (GATEWAY_STATUS_URL === undefined || TOKEN === undefined)
    throw new Error("With GATEWAY_URL, set GATEWAY_STATUS_URL and TOKEN (of a demo account) too.");
  const run = (command: string) => () => void execSync(command, { stdio: "inherit" });
  return {
    url: GATEWAY_URL,
    statusUrl: GATEWAY_STATUS_URL,
    apikey: process.env["APIKEY"] ?? APIKEY,
    token: TOKEN,
    killOrdersA: GATEWAY_KILL === undefined ? undefined : run(GATEWAY_KILL),
    reviveOrdersA: GATEWAY_REVIVE === undefined ? () => {} : run(GATEWAY_REVIVE),
  };
};

const ofLaptop = async (): Promise<GatewayUnderTest> => {
  const place = await findPlace();
  const system = launch(place.env, ["--quiet-market"]);
  after(async () => {
    system.child.kill("SIGTERM");
    await system.ended;
    await rm(place.home, { recursive: true, force: true });
  });
  await system.says(/BrokerX is ready in/, 90_000);
  const instanceOf = (pid: number): string | undefined =>
    /BROKERX_INSTANCE=([\w-]+)/.exec(readFileSync(`/proc/${pid}/environ`, "utf8"))?.[1];
  return {
    url: `http://127.0.0.1:${place.ports.gateway}`,
    statusUrl: `http://127.0.0.1:${place.ports["the gateway's status"]}`,
    apikey: APIKEY,
    token: runProgram(place.env, ["token", "demo@brokerx.local"]).stdout.trim(),
    killOrdersA: () => {
      const victim = childrenOf(system).find(({ pid }) => instanceOf(pid) === "orders-a");
      if (victim === undefined) throw new Error("orders-a does not run");
      process.kill(victim.pid, "SIGKILL");
    },
    reviveOrdersA: () => {},
  };
};
