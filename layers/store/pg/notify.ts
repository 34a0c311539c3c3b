import { type Executor, sql } from "./database.ts";

/** Notified after orders were accepted: commands wait in the outbox. */
export const OUTBOX_CHANNEL = "brokerx_outbox";

/** Notified after a batch was settled: books, orders and balances have changed. */
export const MARKET_CHANNEL = "brokerx_market";

/** Wakes every listener of the channel when the statement's transaction commits. */
export const notify = async (database: Executor, channel: string): Promise<void> => {
  await database.query(sql`select pg_notify(${channel}, '')`);
};

type Notifier = {
  /** Returns at once. The notification is sent after the caller's current work. */
  readonly notify: () => void;
  /** Resolves when no notification is waiting to be sent. */
  readonly sent: () => Promise<void>;
};

/**
 * Notifies one channel without making callers wait. Calls that arrive while a notification is being
 * sent are combined into one, so a thousand orders a second do not cause a thousand notifications.
 */
export const createNotifier = (db: Executor, channel: string): Notifier => {
  let sending: Promise<void> | undefined;
  let requested = false;
  const send = async (): Promise<void> => {
    do {
      requested = false;
      // A lost notification only delays the listener until its next regular read.
      await notify(db, channel).catch(() => {});
    } while (requested);
    sending = undefined;
  };
  return {
    notify: () => {
      requested = true;
      // The caller's response goes out first.
      sending ??= new Promise((resolve) => setImmediate(resolve)).then(send);
    },
    sent: async () => sending,
  };
};
