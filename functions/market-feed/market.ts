import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../../layers/platform/clock.ts";
import type { Config } from "../../layers/platform/config.ts";
import type { Logger } from "../../layers/platform/logger.ts";
import type { Metrics } from "../../layers/platform/metrics.ts";
import type { Database } from "../../layers/store/pg/database.ts";
import { listen } from "../../layers/store/pg/listen.ts";
import { MARKET_CHANNEL, OUTBOX_CHANNEL } from "../../layers/store/pg/notify.ts";
import { type BookFollower, createBookFollower } from "./books/book-follower.ts";
import { createMarketPublisher, type MarketPublisher } from "./books/market-publisher.ts";
import { startMarketStatus } from "./books/market-status.ts";
import { createDeliveryTraces } from "./books/trace-deliveries.ts";
import { type ActivityFollower, createActivityFollower } from "./orders/activity-follower.ts";
import { createActivityPublisher } from "./orders/activity-publisher.ts";
import type { ConnectionOwner } from "./sockets/connect.ts";
import { type Connections, createConnections } from "./sockets/connections.ts";
import { disconnect } from "./sockets/disconnect.ts";
import { message } from "./sockets/message.ts";
import { startSessionCheck } from "./sockets/session-check.ts";
import { createSnapshotRate } from "./sockets/snapshot-rate.ts";

/** What a process needs that serves the market to clients, wherever their sockets are. */
export type MarketDeps = {
  readonly config: Pick<Config, "databaseUrl" | "feedMaxConnectionsPerClient">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly database: Database;
};

/** Longest wait of a new connection for current data, in milliseconds. */
const CURRENT_WITHIN_MS = 1_000;

/**
 * Follows the books and the activities of clients, and sends them to the connections, which may be
 * sockets of this process or of a gateway elsewhere.
 */
export const createMarket = (deps: MarketDeps) => {
  const maxPerClient = deps.config.feedMaxConnectionsPerClient;
  const connections = createConnections({ ...deps, maxPerClient });
  const { send, ownerOf } = connections;
  const hasClients = (): boolean => connections.size() > 0;
  const onRewind = (): void => connections.disconnectAll("server_restart");
  const reconnect = (id: string): void => connections.disconnect(id, "server_restart", true);
  const onOutage = (id: string, error: unknown): void => {
    deps.logger.warn({ err: error }, "a subscription could not be served");
    reconnect(id);
  };
  // Follower and publisher need each other; neither is called before both exist.
  const publisher: MarketPublisher = createMarketPublisher({
    send,
    epoch: () => books.epoch(),
    bookOf: (symbol) => books.bookOf(symbol),
    eventsSince: (symbol, seq) => books.eventsSince(symbol, seq),
  });
  const { publish, resync } = publisher;
  const traceDelivery = createDeliveryTraces(deps);
  const books: BookFollower = createBookFollower({
    ...{ ...deps, publish, resync, onRewind, traceDelivery, hasClients },
  });
  const { epoch, findUnknown } = books;
  const activityPublisher = createActivityPublisher({ send, epoch, onGap: reconnect });
  const { mayAdd } = activityPublisher;
  const activities = createActivityFollower({
    ...{ ...deps, epoch, publisher: activityPublisher, send, onRewind, onOutage },
  });
  const takeSnapshots = createSnapshotRate();
  return {
    connections,
    /** Accepts a connection; resolves when the data for it is current. */
    admit: async (connectionId: string, owner: ConnectionOwner): Promise<void> => {
      connections.admit(connectionId, owner);
      activities.wake();
      const timeout = delay(CURRENT_WITHIN_MS, undefined, { ref: false });
      await Promise.race([books.nextRead(), timeout]);
    },
    /** False until the books are loaded. */
    isLoaded: books.isLoaded,
    check: books.check,
    message: message({
      ...{ market: publisher, orders: { ...activities, mayAdd } },
      ...{ send, ownerOf, findUnknown, takeSnapshots, onOutage },
    }),
    disconnect: disconnect({
      removeConnection: (id) => {
        publisher.removeConnection(id);
        activities.removeConnection(id);
      },
    }),
    /** Starts to follow the market; returns a function that stops it and disconnects all clients. */
    start: () => follow(deps, { connections, publisher, books, activities, hasClients }),
  };
};

type Parts = {
  readonly connections: Connections;
  readonly publisher: MarketPublisher;
  readonly books: BookFollower;
  readonly activities: ActivityFollower;
  readonly hasClients: () => boolean;
};

const follow = (
  deps: MarketDeps,
  { connections, publisher, books, activities, hasClients }: Parts,
): (() => Promise<void>) => {
  // Without clients the regular polls suffice, which read many events at a time.
  const listeners = [
    listenTo(deps, MARKET_CHANNEL, () => {
      if (!hasClients()) return;
      books.wake();
      activities.wake();
    }),
    listenTo(deps, OUTBOX_CHANNEL, () => {
      if (hasClients()) activities.wake();
    }),
  ];
  const status = startMarketStatus({ ...deps, report: publisher.publishStatus });
  const sessionCheck = startSessionCheck({ ...deps, connections });
  books.start();
  activities.start();
  return async () => {
    await Promise.all([
      ...[connections.stop(), books.stop(), activities.stop()],
      ...[status.stop(), sessionCheck.stop()],
      ...listeners.map((listener) => listener.close()),
    ]);
  };
};

/** Calls a function for each notification of a channel. Lost notifications only delay the next poll. */
export const listenTo = (
  { config, logger }: { readonly config: Pick<Config, "databaseUrl">; readonly logger: Logger },
  channel: string,
  onNotify: () => void,
) =>
  listen({
    url: config.databaseUrl,
    channel,
    onNotify,
    onError: (error) => logger.warn({ err: error, channel }, "notifications are interrupted"),
  });
