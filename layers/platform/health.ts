import { setTimeout as delay } from "node:timers/promises";

/** A part a process needs: settles when the part answers, rejects when it does not. */
export type Check = () => Promise<unknown>;

/** Each part by name: `ok`, or a word that says how it is not. */
export type Health = Readonly<Record<string, string>>;

const LIMIT_MS = 1_800; // whoever polls gives up after two seconds

/** Asks every part at once and waits no longer than two seconds; a silent part has failed. */
export const checkHealth = async (
  checks: Readonly<Record<string, Check>>,
  limitMs = LIMIT_MS,
): Promise<Health> => {
  const limit = new AbortController();
  const late = delay(limitMs, "silent", { signal: limit.signal }).catch(() => "silent");
  const answers = Object.entries(checks).map(async ([name, check]) => {
    const answer = Promise.resolve()
      .then(check)
      .then(
        () => "ok",
        () => "failed",
      );
    return [name, await Promise.race([answer, late])] as const;
  });
  const health = Object.fromEntries(await Promise.all(answers));
  limit.abort();
  return health;
};

/** True when every part answers; a process of no parts is healthy by being there. */
export const isHealthy = (health: Health): boolean =>
  Object.values(health).every((answer) => answer === "ok");

/** The body of `GET /health`, the same for every process. */
export const healthBody = (instance: string, checks: Health) => ({
  status: isHealthy(checks) ? "ok" : "unavailable",
  instance,
  checks,
});
