import type { Logger } from "./logger.ts";

export type ProcessOptions = {
  readonly logger: Pick<Logger, "info" | "warn">;
  /** What to end, in this order; each is waited for, and one that fails does not keep the rest. */
  readonly stop: readonly (() => unknown)[];
  /** The process ends with code 1 when stopping takes longer; milliseconds. */
  readonly withinMs?: number;
};

const STOP_WITHIN_MS = 5_000;

/**
 * Ends the process in order on SIGTERM or Ctrl-C (SIGINT), once. `requestStop` does the same for a
 * process that finds by itself that it cannot go on.
 */
export const stopOnSignal = (
  options: ProcessOptions,
): { readonly requestStop: (code?: number) => Promise<void> } => {
  let stopping = false;
  const requestStop = async (code = 0): Promise<void> => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), options.withinMs ?? STOP_WITHIN_MS).unref();
    for (const step of options.stop)
      try {
        await step();
      } catch (error) {
        options.logger.warn({ err: error }, "a part did not stop in order");
      }
    options.logger.info({}, "stopped");
    process.exit(code);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void requestStop());
  return { requestStop };
};
