import type { Ticker } from "../../../layers/domain/identifiers.ts";
import type { Clock } from "../../../layers/platform/clock.ts";
import type { Logger } from "../../../layers/platform/logger.ts";
import { type Loop, startLoop } from "../../../layers/platform/loop.ts";
import { type MarketState, readMarketStates } from "../../../layers/store/market/market-events.ts";
import type { Executor } from "../../../layers/store/pg/database.ts";

/** The state of a symbol's market, as subscribers receive it. */
export type MarketStatus = {
  readonly symbol: Ticker;
  readonly level: "ok" | "degraded" | "halted";
  /** Null when the level is `ok`. */
  readonly reason: string | null;
  /** When an operator last changed the status; null when the database cannot tell. */
  readonly since: Date | null;
  readonly at: Date;
};

const POLL_MS = 1_000;
/** A command that waits longer than this means that the matcher is behind or stopped. */
const MATCHING_DELAY_SECONDS = 3;

const DELAYED = { level: "degraded", reason: "market_data_delayed", since: null } as const;

/** Reads the state of every market once a second and reports it. */
export const startMarketStatus = (deps: {
  readonly database: Executor;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called for every symbol in each pass, changed or not. */
  readonly report: (status: MarketStatus) => void;
}): Loop => {
  let symbols: readonly Ticker[] = [];

  const pass = async (): Promise<"idle"> => {
    const at = deps.clock();
    try {
      const states = await readMarketStates(deps.database);
      symbols = states.map(({ symbol }) => symbol);
      for (const state of states)
        deps.report({ symbol: state.symbol, ...levelOf(state), since: state.since, at });
      return "idle";
    } catch (error) {
      for (const symbol of symbols) deps.report({ symbol, ...DELAYED, at });
      throw error;
    }
  };

  return startLoop({
    ...{ name: "market status", logger: deps.logger, pass },
    ...{ pauseMs: POLL_MS, retryMs: POLL_MS, longestRetryMs: POLL_MS },
  });
};

const levelOf = (state: MarketState): Pick<MarketStatus, "level" | "reason"> => {
  if (!state.isOpen) return { level: "halted", reason: "trading_halted" };
  if (state.waitingSeconds > MATCHING_DELAY_SECONDS)
    return { level: "degraded", reason: "matching_delayed" };
  return { level: "ok", reason: null };
};
