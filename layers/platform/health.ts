import { setTimeout as delay } from "node:timers/promises";

/** A check of a dependency: resolves when it answers, rejects when it does not. */
export type Check = () => Promise<unknown>;

/** The state of each dependency by name: `ok`, or a word for the fault. */
export type Health = Readonly<Record<string, string>>;

const LIMIT_MS = 1_800; // pollers give up after two seconds

/**
 * Runs all checks in parallel for at most two seconds; a check that has not answered by then
 * failed.
 */
export const checkHealth = async (
  checks: Readonly<Record<string, Check>>,
  limitMs = LIMIT_MS,
): Promise<Health> => {
  const limit = new AbortController();
  const late = delay(limitMs, "silent", { signal: limit.signal }).catch(() => "silent");
  const answers = Object.entries(checks).map(async ([name, check]) => {
    const state = Promise.resolve()
      .then(check)
      .then(
        () => "ok",
        () => "failed",
      );
    return [name, await Promise.race([state, late])] as const;
  });
  const health = Object.fromEntries(await Promise.all(answers));
  limit.abort();
  return health;
};

/** Returns whether every dependency answers; a process without dependencies is healthy. */
export const isHealthy = (health: Health): boolean =>
  Object.values(health).every((state) => state === "ok");

/** The body of `GET /health`, the same for every process. */
export const healthBody = (instance: string, checks: Health) => ({
  status: isHealthy(checks) ? "ok" : "unavailable",
  instance,
  checks,
});
