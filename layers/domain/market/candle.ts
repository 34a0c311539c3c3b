import type { Money } from "../units.ts";

/** The widths a candle can have, in seconds. */
export const CANDLE_SECONDS = { "1m": 60, "5m": 300, "1h": 3_600, "1d": 86_400 } as const;

export type CandleInterval = keyof typeof CANDLE_SECONDS;

/** What traded between `opensAt` and one width later. Without a trade there is no candle. */
export type Candle = {
  readonly opensAt: Date;
  readonly open: Money;
  readonly high: Money;
  readonly low: Money;
  readonly close: Money;
  /** Shares. */
  readonly volume: bigint;
  readonly trades: number;
};
