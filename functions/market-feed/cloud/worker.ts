import type { Config } from "../../../layers/platform/config.ts";
import { checkHealth } from "../../../layers/platform/health.ts";
import { startLoop } from "../../../layers/platform/loop.ts";
import { startStatusServer } from "../../../layers/platform/status-server.ts";
import { createTokenBucket, type TokenBucket } from "../../../layers/platform/token-bucket.ts";
import {
  CABLE_CHANNEL,
  deleteConnections,
  deleteWorker,
  type StoredConnection,
  takeClosed,
  takeConnections,
  takeOrphans,
  takeTexts,
  touchWorker,
  WORKER_GONE_SECONDS,
} from "../../../layers/store/market/connections.ts";
import { sql } from "../../../layers/store/pg/database.ts";
import { createMarket, listenTo, type MarketDeps } from "../market.ts";
import { disconnection, EXTENDED_PROTOCOL, PROTOCOL } from "../protocol/cable.ts";
import { COMMAND_RATE } from "../sockets/connection.ts";
import type { SocketEvent } from "../sockets/socket-event.ts";
import type { ManagementApi } from "./management-api.ts";
import { openRemoteConnection } from "./remote-connection.ts";

type Deps = MarketDeps & {
  readonly config: Pick<Config, "instance" | "feedPort" | "listenHost">;
  readonly api: ManagementApi;
  /** Identifies this worker; a new one at each start. */
  readonly name: string;
};

const POLL_MS = 250;
const RETRY_MS = 500;
const TOUCH_EVERY_MS = 2_000;

/**
 * Serves connections that API Gateway holds: takes new ones, handles what their clients send, and posts
 * the market to them through the management API. Several workers may share the connections; those of a
 * worker that is gone are asked to reconnect.
 */
export const serveWorker = async (
  deps: Deps,
): Promise<{ readonly port: number; readonly stop: () => Promise<void> }> => {
  const { config, database, logger, name } = deps;
  // The connect function has limited the connections of a client already.
  const unlimited = { ...config, feedMaxConnectionsPerClient: Number.POSITIVE_INFINITY };
  const market = createMarket({ ...deps, config: unlimited });
  const assigned = createAssignedConnections(deps, market);
  const pass = async (): Promise<"idle"> => {
    try {
      if (market.isLoaded()) await assigned.update();
      return "idle";
    } catch (error) {
      assigned.noteOutage();
      throw error;
    }
  };

  const server = await startStatusServer({
    ...{ port: config.feedPort, host: config.listenHost, instance: config.instance },
    registry: deps.metrics.registry,
    health: () =>
      checkHealth({ database: () => database.query(sql`select 1`), feed: market.check }),
  });
  const stopMarket = market.start();
  const loop = startLoop({
    ...{ name: "connections", logger, pass },
    ...{ pauseMs: POLL_MS, retryMs: RETRY_MS, longestRetryMs: RETRY_MS },
  });
  const listener = listenTo(deps, CABLE_CHANNEL, loop.wake);
  const stop = async (): Promise<void> => {
    await Promise.all([loop.stop(), listener.close()]);
    await deleteWorker(database, name).catch(() => {}); // otherwise it counts as gone ten seconds later
    await stopMarket();
    await server.close();
  };
  return { port: server.port, stop };
};

/** The connections that are assigned to this worker. */
const createAssignedConnections = (deps: Deps, market: ReturnType<typeof createMarket>) => {
  const { database, name, clock, api, logger } = deps;
  const { connections } = market;
  const rates = new Map<string, TokenBucket>();
  let touchedAt = Number.NEGATIVE_INFINITY;
  let databaseWorksSince = clock().getTime();

  const remove = async (connectionId: string): Promise<void> => {
    rates.delete(connectionId);
    connections.remove(connectionId);
    await market.disconnect(eventOf("DISCONNECT", connectionId));
  };

  const open = ({ connectionId, protocol, ...owner }: StoredConnection): void => {
    const known = protocol === EXTENDED_PROTOCOL ? EXTENDED_PROTOCOL : PROTOCOL;
    connections.admit(connectionId, { ...owner, protocol: known });
    rates.set(connectionId, createTokenBucket(COMMAND_RATE));
    const onEnd = (): void => {
      void remove(connectionId);
      // If this fails, another worker finds the row once this worker is gone.
      deleteConnections(database, [connectionId]).catch(() => {});
    };
    const options = { connectionId, api, clock, logger, expiresAt: owner.expiresAt, onEnd };
    connections.add(connectionId, openRemoteConnection(options));
  };

  const handleText = async (connectionId: string, text: string): Promise<void> => {
    if (rates.get(connectionId)?.take() === false)
      connections.disconnect(connectionId, "invalid_request", false);
    else await market.message(eventOf("MESSAGE", connectionId, text));
  };

  const touch = async (now: number): Promise<void> => {
    if (now - touchedAt < TOUCH_EVERY_MS) return;
    await touchWorker(database, name);
    touchedAt = now;
    // After an outage of the database every worker seems to have stopped.
    if (now - databaseWorksSince < WORKER_GONE_SECONDS * 1_000) return;
    for (const connectionId of await takeOrphans(database)) void endOrphan(api, connectionId);
  };

  return {
    /** Reads the events of connections since the last call. */
    update: async (): Promise<void> => {
      await touch(clock().getTime());
      for (const connectionId of await takeClosed(database, name)) await remove(connectionId);
      for (const connection of await takeConnections(database, name)) open(connection);
      for (const { connectionId, text } of await takeTexts(database, name))
        await handleText(connectionId, text);
    },
    /** The database did not answer. */
    noteOutage: (): void => {
      databaseWorksSince = clock().getTime();
    },
  };
};

const eventOf = (
  eventType: SocketEvent["requestContext"]["eventType"],
  connectionId: string,
  body?: string,
): SocketEvent => ({
  requestContext: { eventType, connectionId, routeKey: "$default" },
  ...(body === undefined ? {} : { body }),
});

/** Ends a connection that no worker serves: the client must reconnect and subscribe again. */
const endOrphan = async (api: ManagementApi, connectionId: string): Promise<void> => {
  await api.post(connectionId, disconnection("server_restart", true)).catch(() => {});
  await api.disconnect(connectionId).catch(() => {});
};
