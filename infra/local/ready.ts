import { get } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { Process } from "./processes.ts";

const ASK_EVERY_MS = 100;
const ANSWER_WITHIN_MS = 3_000;

/** Not by `fetch`, which refuses some ports (4190, 6566 …) whoever listens there. */
const answers = (address: string): Promise<boolean> =>
  new Promise((resolve) => {
    const request = get(address, { timeout: ANSWER_WITHIN_MS, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    request.once("timeout", () => request.destroy());
    request.once("error", () => resolve(false));
  });

/** Asks until every process says it is ready, or time is up; answers the names of those that did not. */
export const waitUntilReady = async (
  processes: readonly Process[],
  withinMs: number,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  const deadline = Date.now() + withinMs;
  const ready = async ({ health }: Process): Promise<boolean> => {
    if (health === undefined) return true;
    while (!(await answers(health))) {
      if (Date.now() > deadline || signal.aborted) return false;
      await delay(ASK_EVERY_MS);
    }
    return true;
  };
  const answered = await Promise.all(processes.map(ready));
  return processes.filter((_, index) => answered[index] !== true).map(({ name }) => name);
};
