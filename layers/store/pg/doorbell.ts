import pg from "pg";
import { type Executor, sql } from "./database.ts";

type Options = {
  readonly url: string;
  /** Name of the doorbell; it carries no data, so a lost or extra ring is harmless. */
  readonly channel: string;
  /** Called for every ring, and once after each (re)connection: rings may have been missed before. */
  readonly onRing: () => void;
  /** Called for every lost or failed connection; the next attempt is already planned. */
  readonly onError: (error: Error) => void;
};

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;
const CONNECT_TIMEOUT_MS = 3_000;

/**
 * Listens for rings on a connection of its own, and connects again with back-off for as long as it
 * is open. A doorbell only shortens a wait: whoever uses it must also look without being rung.
 */
export const listen = (options: Options): { readonly close: () => Promise<void> } => {
  let closed = false;
  let pauseMs = FIRST_PAUSE_MS;
  let timer: NodeJS.Timeout | undefined;
  let current: pg.Client | undefined;

  const again = (client: pg.Client, error: Error): void => {
    if (closed || current !== client) return;
    current = undefined;
    discard(client);
    options.onError(error);
    // Waiting to connect again is no reason for a process to live on.
    timer = setTimeout(connect, pauseMs * (0.5 + Math.random())).unref();
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  };

  const connect = (): void => {
    const client = new pg.Client({
      connectionString: options.url,
      application_name: `doorbell ${options.channel}`,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
    });
    current = client;
    client.on("error", (error) => again(client, error));
    client.on("end", () => again(client, new Error("the connection ended")));
    client.on("notification", options.onRing);
    client
      .connect()
      .then(() => client.query(`listen ${pg.escapeIdentifier(options.channel)}`))
      .then(() => {
        pauseMs = FIRST_PAUSE_MS;
        options.onRing();
      })
      .catch((error: Error) => again(client, error));
  };

  const close = async (): Promise<void> => {
    closed = true;
    clearTimeout(timer);
    await current?.end().catch(() => {});
  };

  connect();
  return { close };
};

/** Wakes every listener of the channel when the statement's transaction commits. */
export const ring = async (database: Executor, channel: string): Promise<void> => {
  await database.query(sql`select pg_notify(${channel}, '')`);
};

/** A broken client may still emit errors while it ends; nobody is left to hear them. */
const discard = (client: pg.Client): void => {
  client.end().catch(() => {});
};
