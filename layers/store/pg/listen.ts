import pg from "pg";
import { connectTimeoutMs } from "./connect-timeout.ts";

type Options = {
  /** PostgreSQL connection string. */
  readonly url: string;
  /** The channel to listen on. Notifications carry no data, so a lost or extra one does no harm. */
  readonly channel: string;
  /** Called for each notification, and after each (re)connection, since some may have been missed. */
  readonly onNotify: () => void;
  /** Called for each lost or failed connection. The next attempt is already scheduled. */
  readonly onError: (error: Error) => void;
};

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;
const CONNECT_TIMEOUT_MS = 3_000;

/**
 * Listens for notifications on a connection of its own and reconnects with back-off until it is
 * closed. Notifications only shorten a wait: every user of this function must also poll. The package
 * pg-listen does the same for four more dependencies, and parses payloads that these channels lack.
 */
export const listen = (options: Options): { readonly close: () => Promise<void> } => {
  let closed = false;
  let pauseMs = FIRST_PAUSE_MS;
  let timer: NodeJS.Timeout | undefined;
  let current: pg.Client | undefined;

  const reconnect = (client: pg.Client, error: Error): void => {
    if (closed || current !== client) return;
    current = undefined;
    discard(client);
    options.onError(error);
    // A scheduled reconnection must not keep the process alive.
    timer = setTimeout(connect, pauseMs * (0.5 + Math.random())).unref();
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  };

  const connect = (): void => {
    const client = new pg.Client({
      connectionString: options.url,
      application_name: `listen ${options.channel}`,
      connectionTimeoutMillis: connectTimeoutMs(options.url, CONNECT_TIMEOUT_MS),
      keepAlive: true,
    });
    current = client;
    client.on("error", (error) => reconnect(client, error));
    client.on("end", () => reconnect(client, new Error("the connection ended")));
    client.on("notification", options.onNotify);
    client
      .connect()
      .then(() => client.query(`listen ${pg.escapeIdentifier(options.channel)}`))
      .then(() => {
        pauseMs = FIRST_PAUSE_MS;
        options.onNotify();
      })
      .catch((error: Error) => reconnect(client, error));
  };

  const close = async (): Promise<void> => {
    closed = true;
    clearTimeout(timer);
    await current?.end().catch(() => {});
  };

  connect();
  return { close };
};

/** Ends a broken client, which may still emit errors that no listener handles. */
const discard = (client: pg.Client): void => {
  client.end().catch(() => {});
};
