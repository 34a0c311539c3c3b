import type { Logger } from "./logger.ts";

type ProcessOptions = {
  readonly logger: Pick<Logger, "info" | "warn">;
  /**
   * What to stop, in this order. Each step is awaited; a step that fails does not prevent the next.
   */
  readonly stop: readonly (() => unknown)[];
  /** After this time the process exits with code 1; milliseconds. */
  readonly withinMs?: number;
};

const STOP_WITHIN_MS = 5_000;

/**
 * Stops the process in order on SIGTERM or Ctrl-C (SIGINT), once. `requestStop` does the same for a
 * process that cannot continue.
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
