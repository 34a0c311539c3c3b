import { rmSync } from "node:fs";

/**
 * Stops what a test started, the last first, because each may need those before it. A step that
 * fails or takes too long does not prevent the other steps. At the end all processes are killed.
 */
export type CleanUp = {
  readonly add: (name: string, stop: () => unknown) => void;
  /** Registers how a process is killed when everything else failed; harmless when it has ended. */
  readonly addKill: (kill: () => void) => void;
  /** Deleted after all processes have been killed, because they write in it. */
  readonly addFolder: (folder: string) => void;
  /** Runs the steps. Throws after all of them, naming those that failed. */
  readonly run: () => Promise<void>;
  /** Kills the processes and deletes the folders, without running the steps. */
  readonly kill: () => void;
};

const STEP_MS = 20_000;

export const createCleanUp = (stepMs = STEP_MS): CleanUp => {
  const steps: { readonly name: string; readonly stop: () => unknown }[] = [];
  const kills: (() => void)[] = [];
  const folders: string[] = [];
  const kill = (): void => {
    for (const killProcess of kills.splice(0)) killProcess();
    // PostgreSQL's processes may still write a moment after their server was killed.
    for (const folder of folders.splice(0))
      rmSync(folder, { ...{ recursive: true, force: true }, maxRetries: 5, retryDelay: 200 });
  };
  const run = async (): Promise<void> => {
    const faults: unknown[] = [];
    for (const { name, stop } of steps.splice(0).reverse())
      await within(stepMs, stop).catch((cause: unknown) => {
        faults.push(new Error(`${name} did not stop`, { cause }));
      });
    kill();
    if (faults.length > 0) throw new AggregateError(faults, faults.map(String).join("; "));
  };
  return {
    add: (name, stop) => void steps.push({ name, stop }),
    addKill: (killProcess) => void kills.push(killProcess),
    addFolder: (folder) => void folders.push(folder),
    ...{ run, kill },
  };
};

const within = async (milliseconds: number, stop: () => unknown): Promise<unknown> => {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error("it takes too long")), milliseconds);
  try {
    return await Promise.race([Promise.resolve().then(stop), promise]);
  } finally {
    clearTimeout(timer);
  }
};
