import type { MarketBook } from "../../../layers/domain/market/market-event.ts";
import { type Change, joinChanges } from "./changes.ts";

export type Throttle = {
  /** Takes a change; says it at once when the last word is old enough, else with what follows. */
  readonly add: (after: MarketBook, change: Change) => void;
  /** Forgets what was not yet said, because a whole book is said instead. */
  readonly clear: () => void;
};

const INTERVAL_MS = 1_000;

/** Says the changes of one book at most once a second, several joined into one. Nothing is lost. */
export const createThrottle = (say: (after: MarketBook, change: Change) => void): Throttle => {
  let waiting: [Change, ...Change[]] | undefined;
  let latest: MarketBook | undefined;
  let resting: NodeJS.Timeout | undefined;

  const flush = (): void => {
    resting = undefined;
    if (waiting === undefined || latest === undefined) return;
    const change = joinChanges(waiting);
    waiting = undefined;
    resting = setTimeout(flush, INTERVAL_MS).unref();
    say(latest, change);
  };

  return {
    add: (after, change) => {
      latest = after;
      if (waiting === undefined) waiting = [change];
      else waiting.push(change);
      if (resting === undefined) flush();
    },
    clear: () => {
      waiting = undefined;
    },
  };
};
