import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import type { PluginConfig } from "./kong-file.ts";

type Limits = PluginConfig<"rate-limiting">;

export type LimitVerdict = {
  readonly allowed: boolean;
  readonly headers: Readonly<Record<string, string>>;
};

const WINDOWS = [
  { window: "second", seconds: 1 },
  { window: "minute", seconds: 60 },
] as const;

const title = (window: string): string => `${window.charAt(0).toUpperCase()}${window.slice(1)}`;

/** Counts one request against every window of one limit, in this process (`policy: local`). */
export const createRateLimiter = (config: Limits) => {
  const limiters = WINDOWS.flatMap(({ window, seconds }) => {
    const points = config[window];
    if (points === undefined) return [];
    return [{ window: title(window), points, store: memory(points, seconds) }];
  });
  return async (caller: string): Promise<LimitVerdict> => {
    const counted = await Promise.all(
      limiters.map(async ({ window, points, store }) => ({
        ...{ window, points },
        ...(await consume(store, caller)),
      })),
    );
    const [first, ...others] = counted;
    if (first === undefined) return { allowed: true, headers: {} };
    const tightest = others.reduce((a, b) => (b.remaining < a.remaining ? b : a), first);
    const allowed = counted.every((one) => one.allowed);
    return {
      allowed,
      headers: {
        ...Object.fromEntries(counted.flatMap(windowHeaders)),
        "RateLimit-Limit": String(tightest.points),
        "RateLimit-Remaining": String(tightest.remaining),
        "RateLimit-Reset": String(tightest.resetSeconds),
        ...(allowed ? {} : { "Retry-After": String(tightest.resetSeconds) }),
      },
    };
  };
};

export type RateLimiter = ReturnType<typeof createRateLimiter>;

const memory = (points: number, duration: number): RateLimiterMemory =>
  new RateLimiterMemory({ points, duration });

const windowHeaders = (one: {
  readonly window: string;
  readonly points: number;
  readonly remaining: number;
}): readonly (readonly [string, string])[] => [
  [`X-RateLimit-Limit-${one.window}`, String(one.points)],
  [`X-RateLimit-Remaining-${one.window}`, String(one.remaining)],
];

/** The library rejects with its own result when nothing is left. */
const consume = async (store: RateLimiterMemory, caller: string) => {
  const [allowed, left] = await store.consume(caller).then(
    (result) => [true, result] as const,
    (result: unknown) => {
      if (!(result instanceof RateLimiterRes)) throw result;
      return [false, result] as const;
    },
  );
  const resetSeconds = Math.max(1, Math.ceil(left.msBeforeNext / 1_000));
  return { allowed, remaining: Math.max(0, left.remainingPoints), resetSeconds };
};
