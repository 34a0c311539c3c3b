import type { Logger } from "./logger.ts";

/**
 * The argument of a pass: a signal to stop early, and how many passes before it failed in a row.
 */
type PassContext = { readonly signal: AbortSignal; readonly failures: number };

/** After `more` the next pass starts at once; after `idle` the loop pauses until it is woken. */
export type PassResult = "more" | "idle";

export type LoopOptions = {
  /** The name of the loop in log lines. */
  readonly name: string;
  readonly logger: Pick<Logger, "info" | "warn">;
  /** One unit of work. Passes of one loop never overlap. */
  readonly pass: (context: PassContext) => Promise<PassResult>;
  /** Pause between passes in milliseconds; `wake` ends it early. */
  readonly pauseMs: number;
  /** Pause before the first pass in milliseconds; none by default. */
  readonly firstPauseMs?: number;
  /** Shortest time between two passes in milliseconds, even when the loop is woken. */
  readonly restMs?: number;
  /** Pause after the first failure in milliseconds; it doubles with each further failure. */
  readonly retryMs?: number;
  /** Longest pause after failures in milliseconds. */
  readonly longestRetryMs?: number;
};

export type Loop = {
  /** Ends the pause; during a pass it asks for another pass right after it. */
  readonly wake: () => void;
  /** Wakes the loop and resolves after a pass that began after this call, successful or not. */
  readonly nextPass: () => Promise<void>;
  /** Ends any pause, waits for the running pass and starts no further pass. */
  readonly stop: () => Promise<void>;
};

const RETRY_MS = 500;
const LONGEST_RETRY_MS = 5_000;

/**
 * Repeats a pass until it is stopped. Failures are logged once when they begin and once when they
 * end; meanwhile the pauses grow, and wake-ups do not shorten them.
 */
export const startLoop = (options: LoopOptions): Loop => {
  const { restMs = 0, firstPauseMs = 0, pauseMs } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const pause = createPause(signal);
  let failures = 0;
  let next = Promise.withResolvers<void>();

  const runPass = async (): Promise<PassResult> => {
    const { resolve } = next;
    next = Promise.withResolvers();
    pause.forgetWake();
    try {
      const result = await options.pass({ signal, failures });
      if (failures > 0) options.logger.info({ loop: options.name, failures }, "loop works again");
      failures = 0;
      return result;
    } catch (error) {
      if (signal.aborted) return "idle";
      if (failures === 0) options.logger.warn({ loop: options.name, err: error }, "loop failed");
      failures += 1;
      return "idle";
    } finally {
      resolve();
    }
  };

  const run = async (): Promise<void> => {
    if (firstPauseMs > 0) await pause.untilWoken(firstPauseMs);
    while (!signal.aborted) {
      const result = await runPass();
      if (failures > 0) await pause.full(retryPause(options, failures));
      else {
        if (restMs > 0) await pause.full(restMs);
        if (result !== "more") await pause.untilWoken(Math.max(0, pauseMs - restMs));
      }
    }
    next.resolve();
  };

  const running = run();
  return {
    wake: pause.wake,
    nextPass: () => {
      pause.wake();
      return signal.aborted ? Promise.resolve() : next.promise;
    },
    stop: () => {
      stopping.abort();
      return running;
    },
  };
};

const retryPause = (options: LoopOptions, failures: number): number => {
  const { retryMs = RETRY_MS, longestRetryMs = LONGEST_RETRY_MS } = options;
  return Math.min(longestRetryMs, retryMs * 2 ** Math.min(failures - 1, 20));
};

/**
 * A pause that ends early when the signal aborts; a wake-up between two pauses ends the next pause.
 */
const createPause = (signal: AbortSignal) => {
  let woken = false;
  let end = (): void => {};
  const start = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", finish);
        end = () => {};
        resolve();
      };
      const timer = setTimeout(finish, ms);
      signal.addEventListener("abort", finish, { once: true });
      end = finish;
    });
  return {
    wake: (): void => {
      woken = true;
      end();
    },
    forgetWake: (): void => {
      woken = false;
    },
    untilWoken: async (ms: number): Promise<void> => {
      if (!woken && !signal.aborted) await start(ms);
    },
    full: async (ms: number): Promise<void> => {
      if (signal.aborted) return;
      const pausing = start(ms);
      end = () => {};
      await pausing;
    },
  };
};
