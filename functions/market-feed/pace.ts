import { setTimeout as delay } from "node:timers/promises";

/** Waits for a while, or until woken; a wake that came while nobody waited ends the next wait. */
export const createPace = () => {
  let over = false;
  let woken = false;
  let awake = (): void => {};
  const wake = (): void => {
    woken = true;
    awake();
  };
  return {
    wake,
    end: (): void => {
      over = true;
      wake();
    },
    isOver: (): boolean => over,
    /** At most `ms`, at least `restMs`. */
    wait: async (ms: number, restMs = 0): Promise<void> => {
      if (restMs > 0 && !over) await delay(restMs);
      if (!woken)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          awake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      woken = false;
    },
  };
};
