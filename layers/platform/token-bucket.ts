export type TokenBucket = {
  /** Takes `cost` tokens; returns false, and takes none, when fewer are left. */
  readonly take: (cost?: number) => boolean;
};

/**
 * A rate limit: `burst` tokens at first and at most, refilled by `perSecond`. `now` is a monotonic
 * clock in milliseconds.
 */
export const createTokenBucket = (options: {
  readonly burst: number;
  readonly perSecond: number;
  readonly now?: () => number;
}): TokenBucket => {
  const { burst, perSecond, now = () => performance.now() } = options;
  let tokens = burst;
  let filledAt = now();
  return {
    take: (cost = 1) => {
      const elapsedMs = now() - filledAt;
      filledAt += elapsedMs;
      tokens = Math.min(burst, tokens + (elapsedMs * perSecond) / 1_000);
      if (tokens < cost) return false;
      tokens -= cost;
      return true;
    },
  };
};
