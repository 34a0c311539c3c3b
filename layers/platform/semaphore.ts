import { Unavailable } from "./unavailable.ts";

/** Runs work while fewer than `running` of it run; queues `waiting` more; refuses the rest. */
export type Semaphore = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * A bound on work that is costly in memory or CPU. Beyond the queue it throws Unavailable at once; the
 * queue of the package p-limit has no bound, which is why it is not used.
 */
export const createSemaphore = (limits: {
  readonly running: number;
  readonly waiting: number;
}): Semaphore => {
  const queue: (() => void)[] = [];
  let running = 0;
  const enter = async (): Promise<void> => {
    if (running < limits.running) {
      running += 1;
      return;
    }
    if (queue.length >= limits.waiting) throw new Unavailable("too much of this work is waiting");
    await new Promise<void>((resolve) => queue.push(resolve));
  };
  // A place goes straight to the next in line, so nobody who came later can take it.
  const leave = (): void => {
    const next = queue.shift();
    if (next === undefined) running -= 1;
    else next();
  };
  return async (work) => {
    await enter();
    try {
      return await work();
    } finally {
      leave();
    }
  };
};
