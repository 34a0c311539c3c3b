import type { Clock } from "../../layers/platform/clock.ts";
import type { Config } from "../../layers/platform/config.ts";
import { checkHealth } from "../../layers/platform/health.ts";
import type { NewId } from "../../layers/platform/ids.ts";
import type { Logger } from "../../layers/platform/logger.ts";
import type { Metrics } from "../../layers/platform/metrics.ts";
import { startStatusServer } from "../../layers/platform/status-server.ts";
import type { Tokens } from "../../layers/platform/tokens.ts";
import { MARKET_CHANNEL } from "../../layers/store/bell.ts";
import { type Database, sql } from "../../layers/store/database.ts";
import { listen } from "../../layers/store/doorbell.ts";
import { connect } from "./connect.ts";
import { disconnect } from "./disconnect.ts";
import { createFeed, type Feed } from "./feed.ts";
import { createHub, type Hub } from "./hub.ts";
import { lambdaSockets } from "./lambda-sockets.ts";
import { message } from "./message.ts";
import { createRegistry } from "./registry.ts";
import { createUpgrade } from "./upgrade.ts";

type Deps = {
  readonly config: Pick<
    Config,
    "instance" | "databaseUrl" | "feedPort" | "feedMaxConnections" | "feedOrigins"
  >;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly tokens: Tokens;
  readonly database: Database;
};

/** Connections that are no sockets yet, or never will be: health checks, handshakes, strays. */
const SPARE_CONNECTIONS = 200;

/** Starts the market feed; the answer is its port and how to stop it in bounded time. */
export const serveMarketFeed = async (
  deps: Deps,
): Promise<{ readonly port: number; readonly stop: () => Promise<void> }> => {
  const { config, database, logger } = deps;
  let stopping = false;
  const { feed, registry, upgrade } = compose(deps, () => !stopping);
  const server = await startStatusServer({
    port: config.feedPort,
    instance: config.instance,
    registry: deps.metrics.registry,
    health: () => checkHealth({ database: () => database.query(sql`select 1`), feed: feed.check }),
    maxConnections: config.feedMaxConnections + SPARE_CONNECTIONS,
    onUpgrade: (request, socket, head) => {
      upgrade(request, socket, head).catch((error: unknown) => {
        logger.error({ err: error }, "a handshake failed");
        socket.destroy();
      });
    },
  });
  const doorbell = listen({
    url: config.databaseUrl,
    channel: MARKET_CHANNEL,
    onRing: feed.wake,
    onError: (error) => logger.warn({ err: error }, "the doorbell is deaf for now"),
  });
  feed.start();
  const stop = async (): Promise<void> => {
    stopping = true;
    await Promise.all([registry.stop(), feed.stop(), doorbell.close()]);
    await server.close();
  };
  return { port: server.port, stop };
};

/** Feed and hub need each other; neither is called before both are there. */
const compose = (deps: Deps, isRunning: () => boolean) => {
  const { clock, config, logger, tokens } = deps;
  const registry = createRegistry(deps);
  const hub: Hub = createHub({ send: registry.send, bookOf: (symbol) => feed.bookOf(symbol) });
  const feed: Feed = createFeed({
    ...deps,
    publish: hub.publish,
    resync: hub.resync,
    rewind: () => registry.closeAll("server_restart"),
  });
  const handlers = lambdaSockets({
    connect: connect({ tokens, origins: config.feedOrigins, logger, admit: registry.admit }),
    message: message({
      hub,
      send: registry.send,
      knows: feed.knows,
      onOutage: (id, error) => {
        logger.warn({ err: error }, "a subscription could not be judged");
        registry.farewell(id, "server_restart");
      },
    }),
    disconnect: disconnect({ forget: hub.drop }),
  });
  const upgrade = createUpgrade({
    instance: config.instance,
    clock,
    newId: deps.newId,
    maxConnections: config.feedMaxConnections,
    isOpen: () => isRunning() && feed.isLoaded(),
    registry,
    handlers,
  });
  return { feed, registry, upgrade };
};
