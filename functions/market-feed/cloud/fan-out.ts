import type { Config } from "../../../layers/platform/config.ts";
import { checkHealth } from "../../../layers/platform/health.ts";
import { startLoop } from "../../../layers/platform/loop.ts";
import { startStatusServer } from "../../../layers/platform/status-server.ts";
import {
  CABLE_CHANNEL,
  type Connection,
  forgetConnections,
  forgetSpeaker,
  SPEAKER_GONE_SECONDS,
  showSpeaker,
  takeClosed,
  takeConnections,
  takeOrphans,
  takeTexts,
} from "../../../layers/store/market/connections.ts";
import { sql } from "../../../layers/store/pg/database.ts";
import { createMarket, listenTo, type MarketDeps } from "../market.ts";
import { disconnection, EXTENDED_PROTOCOL, PROTOCOL } from "../protocol/cable.ts";
import { createAllowance } from "../sockets/command-rate.ts";
import type { SocketEvent } from "../sockets/socket-event.ts";
import type { ManagementApi } from "./management-api.ts";
import { openRemoteSession } from "./remote-connection.ts";

type Deps = MarketDeps & {
  readonly config: Pick<Config, "instance" | "databaseUrl" | "feedPort" | "listenHost">;
  readonly api: ManagementApi;
  /** Names this process among those that speak to connections: a new one at each start. */
  readonly name: string;
};

const POLL_MS = 250;
const RETRY_MS = 500;
const SHOW_EVERY_MS = 2_000;

/**
 * Speaks to connections that API Gateway holds: whoever connects is taken on, what it says is heard,
 * and the market is told to it through the management API. Several processes may share the work;
 * connections of one that is gone are asked to come back.
 */
export const serveFanOut = async (
  deps: Deps,
): Promise<{ readonly port: number; readonly stop: () => Promise<void> }> => {
  const { config, database, logger, name } = deps;
  const market = createMarket(deps);
  const switchboard = createSwitchboard(deps, market);
  const pass = async (): Promise<"idle"> => {
    try {
      if (market.isLoaded()) await switchboard.look();
      return "idle";
    } catch (error) {
      switchboard.falter();
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
    await forgetSpeaker(database, name).catch(() => {}); // it will be missed soon enough
    await stopMarket();
    await server.close();
  };
  return { port: server.port, stop };
};

/** The connections of this process: takes them on, hears them, lets them go. */
const createSwitchboard = (deps: Deps, market: ReturnType<typeof createMarket>) => {
  const { database, name, clock, api, logger } = deps;
  const { registry } = market;
  const allowances = new Map<string, () => boolean>();
  let shownAt = Number.NEGATIVE_INFINITY;
  let steadySince = clock().getTime();

  const forget = async (connectionId: string): Promise<void> => {
    allowances.delete(connectionId);
    registry.forget(connectionId);
    await market.disconnect(eventOf("DISCONNECT", connectionId));
  };

  const takeOn = ({ connectionId, clientId, protocol, expiresAt }: Connection): void => {
    const known = protocol === EXTENDED_PROTOCOL ? EXTENDED_PROTOCOL : PROTOCOL;
    registry.admit(connectionId, { clientId, expiresAt, protocol: known });
    allowances.set(connectionId, createAllowance());
    const onEnd = (): void => {
      void forget(connectionId);
      // One that stays in the list is found by whoever looks for orphans.
      forgetConnections(database, [connectionId]).catch(() => {});
    };
    registry.add(
      connectionId,
      openRemoteSession({ connectionId, api, clock, logger, expiresAt, onEnd }),
    );
  };

  const hear = async (connectionId: string, text: string): Promise<void> => {
    if (allowances.get(connectionId)?.() === false) registry.dismiss(connectionId);
    else await market.message(eventOf("MESSAGE", connectionId, text));
  };

  const show = async (now: number): Promise<void> => {
    if (now - shownAt < SHOW_EVERY_MS) return;
    await showSpeaker(database, name);
    shownAt = now;
    // After an outage of the database nobody has been seen for a while, and nobody is to blame.
    if (now - steadySince < SPEAKER_GONE_SECONDS * 1_000) return;
    for (const orphan of await takeOrphans(database)) void sendAway(api, orphan);
  };

  return {
    look: async (): Promise<void> => {
      await show(clock().getTime());
      for (const connectionId of await takeClosed(database, name)) await forget(connectionId);
      for (const connection of await takeConnections(database, name)) takeOn(connection);
      for (const { connectionId, text } of await takeTexts(database, name))
        await hear(connectionId, text);
    },
    /** The database could not be asked. */
    falter: (): void => {
      steadySince = clock().getTime();
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

/** Its subscriptions went with the process that had them: it is to connect again. */
const sendAway = async (api: ManagementApi, connectionId: string): Promise<void> => {
  await api.post(connectionId, disconnection("server_restart", true)).catch(() => {});
  await api.hangUp(connectionId).catch(() => {});
};
