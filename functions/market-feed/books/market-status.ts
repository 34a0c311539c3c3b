import type { Ticker } from "../../../layers/domain/identifiers.ts";
import type { Clock } from "../../../layers/platform/clock.ts";
import type { Logger } from "../../../layers/platform/logger.ts";
import { startLoop } from "../../../layers/platform/loop.ts";
import { type MarketState, readMarketStates } from "../../../layers/store/market/market-events.ts";
import type { Executor } from "../../../layers/store/pg/database.ts";
import type { MarketStatus } from "./market-publisher.ts";

const LOOK_MS = 1_000;
/** A command that waits longer than this says that the matcher is behind, or away. */
const PATIENCE_SECONDS = 3;

/** Reads every second how each market does and reports it; the hub passes on what has changed. */
export const watchMarkets = (deps: {
  readonly database: Executor;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tell: (status: MarketStatus) => void;
}) => {
  let symbols: readonly Ticker[] = [];

  const pass = async (): Promise<"idle"> => {
    const at = deps.clock();
    try {
      const states = await readMarketStates(deps.database);
      symbols = states.map(({ symbol }) => symbol);
      for (const state of states) deps.tell({ symbol: state.symbol, ...judge(state), at });
      return "idle";
    } catch (error) {
      for (const symbol of symbols)
        deps.tell({ symbol, level: "degraded", reason: "market_data_delayed", at });
      throw error;
    }
  };

  return startLoop({
    ...{ name: "market status", logger: deps.logger, pass },
    ...{ pauseMs: LOOK_MS, retryMs: LOOK_MS, longestRetryMs: LOOK_MS },
  });
};

/** What a state means to a trader. */
export const judge = (state: MarketState): Pick<MarketStatus, "level" | "reason"> => {
  if (!state.isOpen) return { level: "halted", reason: "trading_halted" };
  if (state.waitingSeconds > PATIENCE_SECONDS)
    return { level: "degraded", reason: "matching_delayed" };
  return { level: "ok", reason: null };
};
