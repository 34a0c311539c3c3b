import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import type { PluginConfig } from "../kong-file.ts";

type Limits = PluginConfig<"rate-limiting">;

type LimitVerdict = {
  readonly allowed: boolean;
  readonly headers: Readonly<Record<string, string>>;
};

const WINDOWS = [
  { key: "second", title: "Second", seconds: 1 },
  { key: "minute", title: "Minute", seconds: 60 },
] as const;

/**
 * Counts each request against every window of a limit, in this process (`policy: local`). As in
 * Kong, a window begins with the clock's second or minute, not with a caller's first request.
 */
export const createRateLimiter = (config: Limits) => {
  const limiters = WINDOWS.flatMap(({ key, title, seconds }) => {
    const points = config[key];
    if (points === undefined) return [];
    return [
      { title, points, seconds, store: new RateLimiterMemory({ points, duration: seconds }) },
    ];
  });
  return async (caller: string): Promise<LimitVerdict> => {
    const nowSeconds = Math.floor(Date.now() / 1_000);
    const counted = await Promise.all(
      limiters.map(async ({ title, points, seconds, store }) => {
        const left = await consume(store, `${caller} ${Math.floor(nowSeconds / seconds)}`);
        return { ...left, title, points, resetSeconds: seconds - (nowSeconds % seconds) };
      }),
    );
    const [tightest] = counted.toSorted((left, right) => left.remaining - right.remaining);
    if (tightest === undefined) return { allowed: true, headers: {} };
    const allowed = counted.every((window) => window.allowed);
    const reset = String(tightest.resetSeconds);
    return {
      allowed,
      headers: {
        ...Object.fromEntries(counted.flatMap(windowHeaders)),
        "RateLimit-Limit": String(tightest.points),
        "RateLimit-Remaining": String(tightest.remaining),
        "RateLimit-Reset": reset,
        ...(allowed ? {} : { "Retry-After": reset }),
      },
    };
  };
};

export type RateLimiter = ReturnType<typeof createRateLimiter>;

const windowHeaders = (window: {
  readonly title: string;
  readonly points: number;
  readonly remaining: number;
}): readonly (readonly [string, string])[] => [
  [`X-RateLimit-Limit-${window.title}`, String(window.points)],
  [`X-RateLimit-Remaining-${window.title}`, String(window.remaining)],
];

/** The library rejects with its own result when the limit is reached. */
const consume = async (store: RateLimiterMemory, caller: string) => {
  const [allowed, left] = await store.consume(caller).then(
    (result) => [true, result] as const,
    (result: unknown) => {
      if (!(result instanceof RateLimiterRes)) throw result;
      return [false, result] as const;
    },
  );
  return { allowed, remaining: Math.max(0, left.remainingPoints) };
};
