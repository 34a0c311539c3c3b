import type { Money } from "../units.ts";

/** The possible widths of a candle, in seconds. */
export const CANDLE_SECONDS = { "1m": 60, "5m": 300, "1h": 3_600, "1d": 86_400 } as const;

export type CandleInterval = keyof typeof CANDLE_SECONDS;

/** The trades from `opensAt` until one width later. A span without trades has no candle. */
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
