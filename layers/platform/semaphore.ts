import { Unavailable } from "./unavailable.ts";

/** Runs at most `running` jobs at a time, queues at most `waiting` more, and refuses the rest. */
export type Semaphore = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * A limit for work that is expensive in memory or CPU. When the queue is full it throws Unavailable
 * at once. The package p-limit is not used, because its queue has no limit.
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
  // A free place goes to the longest waiting job, so that no later job can take it.
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
