import { get } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { Part } from "./part.ts";

const ASK_EVERY_MS = 100;
const ANSWER_WITHIN_MS = 3_000;

/** Returns whether a health address answers 200. */
export const answersHealthy = (address: string): Promise<boolean> =>
  new Promise((resolve) => {
    const request = get(address, { timeout: ANSWER_WITHIN_MS, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once("timeout", () => request.destroy());
    request.once("error", () => resolve(false));
  });

/**
 * Polls until every process is ready or the time is up. Returns the names of those that are not
 * ready.
 */
export const waitUntilReady = async (
  processes: readonly Part[],
  withinMs: number,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  const deadline = Date.now() + withinMs;
  const ready = async ({ health }: Part): Promise<boolean> => {
    if (health === undefined) return true;
    while (!(await answersHealthy(health))) {
      if (Date.now() > deadline || signal.aborted) return false;
      await delay(ASK_EVERY_MS);
    }
    return true;
  };
  const answered = await Promise.all(processes.map(ready));
  return processes.filter((_, index) => answered[index] !== true).map(({ name }) => name);
};
