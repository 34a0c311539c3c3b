import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { cpuSeconds } from "../orders/cpu.ts";
import type { Part } from "./worker.ts";

/** What a fixed amount of work took when `processes` processes shared it. */
export type Shared = {
  readonly work: string;
  readonly processes: number;
  /** Orders or trades a second. */
  readonly rate: number;
  readonly processUs: number;
  readonly databaseUs: number;
};

type Child = {
  readonly start: () => void;
  /** The processor time of the child's part in microseconds. */
  readonly done: Promise<number>;
};

const startWorker = async (part: Part): Promise<Child> => {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, "worker.ts"), JSON.stringify(part)],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  assert.equal((await lines.next()).value, "ready");
  const done = (async () => {
    const { value } = await lines.next();
    await once(child, "close");
    return Number(value);
  })();
  return { start: () => void child.stdin.end("go\n"), done };
};

/**
 * Runs each part of the work in a process of its own, all at the same time, and measures the cost
 * of a unit of work.
 */
export const share = async (
  { work, units, serverPid }: { work: string; units: number; serverPid: number },
  parts: readonly Part[],
): Promise<Shared> => {
  const children = await Promise.all(parts.map(startWorker));
  const databaseBefore = await cpuSeconds(serverPid);
  const begun = performance.now();
  for (const child of children) child.start();
  const times = await Promise.all(children.map((child) => child.done));
  const seconds = (performance.now() - begun) / 1_000;
  const database = (await cpuSeconds(serverPid)) - databaseBefore;
  return {
    ...{ work, processes: parts.length, rate: Math.round(units / seconds) },
    processUs: Math.round(times.reduce((sum, time) => sum + time, 0) / units),
    databaseUs: Math.round((database * 1_000_000) / units),
  };
};

/** Starts the proxy that delays all bytes; returns its port and a function that stops it. */
export const startSlowProxy = async (
  port: number,
  milliseconds: number,
): Promise<{ readonly port: number; readonly stop: () => void }> => {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, "slow-proxy.ts"), String(port), String(milliseconds)],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const { value } = await createInterface(child.stdout)[Symbol.asyncIterator]().next();
  return { port: Number(value), stop: () => child.kill() };
};
