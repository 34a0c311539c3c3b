import type { Executor } from "./database.ts";
import { ring } from "./doorbell.ts";

/** Channels that are rung: by whoever accepted commands, and by whoever settled a batch. */
export const OUTBOX_CHANNEL = "brokerx_outbox";
export const MARKET_CHANNEL = "brokerx_market";

export type Bell = { readonly ring: () => void };

/**
 * A doorbell that is rung after commit and waited for by nobody. Rings that come while one is on its
 * way become one, so a thousand orders a second do not make a thousand notifications.
 */
export const createBell = (db: Executor, channel: string): Bell => {
  let ringing = false;
  let again = false;
  const send = async (): Promise<void> => {
    do {
      again = false;
      // A ring that is lost costs the listener's next look, some milliseconds later; no more.
      await ring(db, channel).catch(() => {});
    } while (again);
    ringing = false;
  };
  return {
    ring: () => {
      again = true;
      if (ringing) return;
      ringing = true;
      // Whoever rings has an answer to give, and that comes first.
      setImmediate(() => void send());
    },
  };
};
