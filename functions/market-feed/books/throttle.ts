import type { MarketBook } from "../../../layers/domain/market/market-event.ts";
import { type Change, joinChanges } from "./changes.ts";

export type Throttle = {
  /** Publishes a change at once, or joined with later ones when the last was published recently. */
  readonly add: (after: MarketBook, change: Change) => void;
  /** Discards changes that were not yet published, because a whole book is sent instead. */
  readonly clear: () => void;
};

const INTERVAL_MS = 1_000;

/** Publishes the changes of a book at most once a second, joined. No change is lost. */
export const createThrottle = (publish: (after: MarketBook, change: Change) => void): Throttle => {
  let waiting: [Change, ...Change[]] | undefined;
  let latest: MarketBook | undefined;
  let pause: NodeJS.Timeout | undefined;

  const flush = (): void => {
    pause = undefined;
    if (waiting === undefined || latest === undefined) return;
    const change = joinChanges(waiting);
    waiting = undefined;
    pause = setTimeout(flush, INTERVAL_MS).unref();
    publish(latest, change);
  };

  return {
    add: (after, change) => {
      latest = after;
      if (waiting === undefined) waiting = [change];
      else waiting.push(change);
      if (pause === undefined) flush();
    },
    clear: () => {
      waiting = undefined;
    },
  };
};
