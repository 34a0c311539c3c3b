import type { Logger } from "../layers/platform/logger.ts";

/** Does something again and again, with a pause between two times; a failure is logged, not thrown. */
export const every = (
  pauseMs: number,
  logger: Logger,
  work: () => Promise<void>,
): { readonly stop: () => void } => {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const again = async (): Promise<void> => {
    await work().catch((error: unknown) => logger.warn({ err: error }, "a regular task failed"));
    if (!stopped) plan();
  };
  const plan = (): void => {
    timer = setTimeout(() => void again(), pauseMs);
  };
  plan();
  const stop = (): void => {
    stopped = true;
    clearTimeout(timer);
  };
  return { stop };
};
