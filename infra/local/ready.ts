import { setTimeout as delay } from "node:timers/promises";
import type { Process } from "./processes.ts";

const ASK_EVERY_MS = 100;
const ANSWER_WITHIN_MS = 3_000;

const answers = async (address: string): Promise<boolean> => {
  try {
    const answer = await fetch(address, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
};

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
