import { setTimeout as delay } from "node:timers/promises";
import type { Ticker } from "../../layers/domain/identifiers.ts";
import type { Clock } from "../../layers/platform/clock.ts";
import { type MarketState, readMarketStates } from "../../layers/store/market/market-events.ts";
import type { Executor } from "../../layers/store/pg/database.ts";
import type { MarketStatus } from "./hub.ts";

const LOOK_MS = 1_000;
/** A command that waits longer than this says that the matcher is behind, or away. */
const PATIENCE_SECONDS = 3;

/** Looks every second how each market does, and says so; the hub passes on what has changed. */
export const watchMarkets = (deps: {
  readonly database: Executor;
  readonly clock: Clock;
  readonly tell: (status: MarketStatus) => void;
}) => {
  const stopping = new AbortController();
  let symbols: readonly Ticker[] = [];

  const look = async (): Promise<void> => {
    const at = deps.clock();
    try {
      const states = await readMarketStates(deps.database);
      symbols = states.map(({ symbol }) => symbol);
      for (const state of states) deps.tell({ symbol: state.symbol, ...judge(state), at });
    } catch {
      // Whoever follows the books has said why; here it only matters that nobody can be sure.
      for (const symbol of symbols)
        deps.tell({ symbol, level: "degraded", reason: "market_data_delayed", at });
    }
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await look();
      await delay(LOOK_MS, undefined, { signal: stopping.signal }).catch(() => {});
    }
  };
  const running = run();

  return {
    stop: (): Promise<void> => {
      stopping.abort();
      return running;
    },
  };
};

/** What a state means to a trader. */
export const judge = (state: MarketState): Pick<MarketStatus, "level" | "reason"> => {
  if (!state.isOpen) return { level: "halted", reason: "trading_halted" };
  if (state.waitingSeconds > PATIENCE_SECONDS)
    return { level: "degraded", reason: "matching_delayed" };
  return { level: "ok", reason: null };
};
