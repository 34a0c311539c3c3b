import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { LogFile } from "./log-file.ts";
import { errorOf, isMessage, reasonOf } from "./log-line.ts";
import type { Part } from "./part.ts";
import { answersHealthy } from "./ready.ts";

export type Supervised = {
  readonly name: string;
  /** Process id of the running child; undefined between a crash and its restart. */
  readonly pid: () => number | undefined;
  /** The last message that the child wrote, to explain why it does not answer. */
  readonly lastWords: () => string;
  /** Ends the child and its supervision: SIGTERM, then SIGKILL after a wait. */
  readonly stop: () => Promise<void>;
};

const ROOT = join(import.meta.dirname, "..", "..", "..");
const PRELOAD = join(import.meta.dirname, "follow-parent.ts");
const BACK_OFF_MS = [250, 500, 1_000, 2_000, 5_000, 10_000];
const STEADY_MS = 20_000;
const HEALTH_EVERY_MS = 100;
/** A process without a health address is considered healthy after this time. */
const ALIVE_MS = 2_000;
const STOP_MS = 8_000;

/**
 * A small heap for new objects (in megabytes). Fourteen processes share one computer, and with
 * Node's default of 16 each of them would keep 30 to 60 MB of garbage.
 */
const HEAP = ["--max-semi-space-size=2"];
const QUIET_MS = 10_000;

const start = ({ args, env }: Part): ChildProcess =>
  spawn(process.execPath, [...HEAP, "--import", `file://${PRELOAD}`, ...args], {
    env,
    cwd: ROOT,
    // Through this channel the child notices that this process has ended, however it ended.
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    // Ctrl-C goes to the launcher only, which then stops everything in order.
    detached: true,
    windowsHide: true,
  });

const ended = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    // "close" comes after all output, so the reason for the end has been read.
    child.once("close", (code, signal) => resolve(signal ?? `exit code ${code}`));
  });

/** Copies the child's output to its log, and prints its errors at most once in ten seconds. */
const listen = (
  child: ChildProcess,
  part: Part,
  log: LogFile,
  { say, note }: { readonly say: (line: string) => void; readonly note: (line: string) => void },
): void => {
  let quietUntil = 0;
  let rest = "";
  const onChunk = (chunk: Buffer): void => {
    log.write(chunk);
    const lines = `${rest}${chunk}`.slice(-64_000).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (isMessage(line)) note(line);
      const error = errorOf(line);
      if (error === undefined || Date.now() < quietUntil) continue;
      quietUntil = Date.now() + QUIET_MS;
      say(`${part.name}: ${error} (see logs/${part.name}.log)`);
    }
  };
  child.stdout?.on("data", onChunk);
  child.stderr?.on("data", onChunk);
};

/** Reports that a restarted process works again, unless it ends first. */
const sayWhenBack = async (
  part: Part,
  ending: Promise<string>,
  say: (line: string) => void,
): Promise<void> => {
  const startedAt = Date.now();
  let hasEnded = false;
  void ending.then(() => {
    hasEnded = true;
  });
  const works = (): Promise<boolean> =>
    part.health === undefined
      ? Promise.resolve(Date.now() - startedAt >= ALIVE_MS)
      : answersHealthy(part.health);
  while (!hasEnded)
    if (await works()) {
      say(`${part.name} is back after ${((Date.now() - startedAt) / 1_000).toFixed(1)} s`);
      return;
    } else await delay(HEALTH_EVERY_MS, undefined, { ref: false });
};

/** Starts a process and restarts it whenever it ends, with growing pauses while it keeps ending. */
export const supervise = (part: Part, log: LogFile, say: (line: string) => void): Supervised => {
  const stopping = new AbortController();
  let child: ChildProcess | undefined;
  let words = "";
  const keepAlive = async (): Promise<void> => {
    for (let crashes = 0; !stopping.signal.aborted; ) {
      const startedAt = Date.now();
      let message = "";
      const note = (line: string): void => {
        message = line.slice(0, 500);
        words = message;
      };
      child = start(part);
      listen(child, part, log, { say, note });
      const ending = ended(child);
      if (crashes > 0) void sayWhenBack(part, ending, say);
      const how = await ending;
      child = undefined;
      if (stopping.signal.aborted) return;
      crashes = Date.now() - startedAt > STEADY_MS ? 1 : crashes + 1;
      const waitMs = BACK_OFF_MS[Math.min(crashes, BACK_OFF_MS.length) - 1] ?? 0;
      const reason = how.startsWith("exit code") ? reasonOf(message) : undefined;
      if (reason !== undefined) say(`${part.name}: ${reason} (see logs/${part.name}.log)`);
      say(`${part.name} ended (${how}) and starts again in ${waitMs} ms`);
      await delay(waitMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  };
  const life = keepAlive();
  const stop = async (): Promise<void> => {
    stopping.abort();
    child?.kill("SIGTERM");
    const killer = setTimeout(() => child?.kill("SIGKILL"), STOP_MS);
    await life;
    clearTimeout(killer);
  };
  return { name: part.name, pid: () => child?.pid, lastWords: () => words, stop };
};
