import type { RequestListener } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../../layers/platform/clock.ts";
import type { Config } from "../../layers/platform/config.ts";
import { checkHealth } from "../../layers/platform/health.ts";
import type { NewId } from "../../layers/platform/ids.ts";
import type { Logger } from "../../layers/platform/logger.ts";
import type { Metrics } from "../../layers/platform/metrics.ts";
import { hashToken } from "../../layers/platform/secrets.ts";
import { startStatusServer } from "../../layers/platform/status-server.ts";
import type { Tokens } from "../../layers/platform/tokens.ts";
import { MARKET_CHANNEL, OUTBOX_CHANNEL } from "../../layers/store/bell.ts";
import { type Database, sql } from "../../layers/store/database.ts";
import { listen } from "../../layers/store/doorbell.ts";
import { takeTicket } from "../../layers/store/market-tickets.ts";
import { type Admitted, connect } from "./connect.ts";
import { disconnect } from "./disconnect.ts";
import { createFeed, type Feed } from "./feed.ts";
import { createHub, type Hub } from "./hub.ts";
import { lambdaSockets } from "./lambda-sockets.ts";
import { message } from "./message.ts";
import { createOrdersFeed, type OrdersFeed } from "./orders-feed.ts";
import { createOrdersHub } from "./orders-hub.ts";
import { createRegistry, type Registry } from "./registry.ts";
import { createUpgrade } from "./upgrade.ts";
import { watchMarkets } from "./watch-markets.ts";

type Deps = {
  readonly config: Pick<
    Config,
    "instance" | "databaseUrl" | "feedPort" | "feedMaxConnections" | "feedOrigins"
  > &
    Partial<Pick<Config, "listenHost">>;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly tokens: Tokens;
  readonly database: Database;
  /** Answers requests that are no handshakes, other than for health and metrics. */
  readonly onRequest?: RequestListener;
};

/** Connections that are no sockets yet, or never will be: health checks, handshakes, strays. */
const SPARE_CONNECTIONS = 200;

/** Starts the market feed; the answer is its port and how to stop it in bounded time. */
export const serveMarketFeed = async (
  deps: Deps,
): Promise<{ readonly port: number; readonly stop: () => Promise<void> }> => {
  const { config, database, logger } = deps;
  let stopping = false;
  const { feed, orders, hub, registry, upgrade } = compose(deps, () => !stopping);
  const server = await startStatusServer({
    port: config.feedPort,
    host: config.listenHost,
    instance: config.instance,
    registry: deps.metrics.registry,
    health: () => checkHealth({ database: () => database.query(sql`select 1`), feed: feed.check }),
    maxConnections: config.feedMaxConnections + SPARE_CONNECTIONS,
    onRequest: deps.onRequest,
    onUpgrade: (request, socket, head) => {
      upgrade(request, socket, head).catch((error: unknown) => {
        logger.error({ err: error }, "a handshake failed");
        socket.destroy();
      });
    },
  });
  // With nobody to tell, a look now and then keeps up, many orders at a time.
  const doorbells = [
    listenTo(deps, MARKET_CHANNEL, () => {
      if (registry.size() === 0) return;
      feed.wake();
      orders.wake();
    }),
    listenTo(deps, OUTBOX_CHANNEL, () => {
      if (registry.size() > 0) orders.wake();
    }),
  ];
  const watch = watchMarkets({ database, clock: deps.clock, tell: hub.tellStatus });
  feed.start();
  orders.start();
  const stop = async (): Promise<void> => {
    stopping = true;
    const closing = doorbells.map((doorbell) => doorbell.close());
    await Promise.all([registry.stop(), feed.stop(), orders.stop(), watch.stop(), ...closing]);
    await server.close();
  };
  return { port: server.port, stop };
};

const listenTo = ({ config, logger }: Deps, channel: string, onRing: () => void) =>
  listen({
    url: config.databaseUrl,
    channel,
    onRing,
    onError: (error) => logger.warn({ err: error }, "the doorbell is deaf for now"),
  });

/** Feeds and hubs need each other; none is called before all are there. */
const compose = (deps: Deps, isRunning: () => boolean) => {
  const { clock, config } = deps;
  const registry = createRegistry(deps);
  const { send } = registry;
  const rewind = (): void => registry.closeAll("server_restart");
  const onOutage = (id: string, error: unknown): void => {
    deps.logger.warn({ err: error }, "a subscription could not be judged");
    registry.farewell(id, "server_restart");
  };
  const hub: Hub = createHub({
    send,
    epoch: () => feed.epoch(),
    bookOf: (symbol) => feed.bookOf(symbol),
    eventsSince: (symbol, seq) => feed.eventsSince(symbol, seq),
  });
  const { publish, resync } = hub;
  const isHeard = (): boolean => registry.size() > 0;
  const feed: Feed = createFeed({ ...deps, publish, resync, rewind, isHeard });
  const ordersHub = createOrdersHub({
    send,
    epoch: feed.epoch,
    onGap: (id) => registry.farewell(id, "server_restart"),
  });
  const orders = createOrdersFeed({
    ...{ ...deps, epoch: feed.epoch, hub: ordersHub, send, rewind, onOutage },
  });
  const parts = { feed, hub, orders, mayJoin: ordersHub.mayJoin, registry, onOutage };
  const upgrade = createUpgrade({
    instance: config.instance,
    clock,
    newId: deps.newId,
    maxConnections: config.feedMaxConnections,
    isOpen: () => isRunning() && feed.isLoaded(),
    registry,
    handlers: handlersOf(deps, parts),
  });
  return { feed, orders, hub, registry, upgrade };
};

type Parts = {
  readonly feed: Feed;
  readonly hub: Hub;
  readonly orders: OrdersFeed;
  readonly mayJoin: (connectionId: string, identifier: string) => boolean;
  readonly registry: Registry;
  readonly onOutage: (connectionId: string, error: unknown) => void;
};

const CURRENT_WITHIN_MS = 1_000;

/** Whoever comes waits for a look, to hear of the market as it is now; many wait for the same one. */
const greetedWithNews =
  ({ feed, orders, registry }: Parts) =>
  (id: string, as: Admitted): Promise<void> => {
    registry.admit(id, as);
    orders.wake();
    return Promise.race([feed.lookedAgain(), delay(CURRENT_WITHIN_MS, undefined, { ref: false })]);
  };

/** The three Lambda handlers, as this process runs them. */
const handlersOf = ({ tokens, clock, config, logger, database }: Deps, parts: Parts) => {
  const { feed, hub, orders, mayJoin, registry, onOutage } = parts;
  return lambdaSockets({
    connect: connect({
      ...{ tokens, origins: config.feedOrigins, logger },
      admit: greetedWithNews(parts),
      redeem: async (ticket) => {
        const holder = await takeTicket(database, hashToken(ticket), clock());
        return holder && { clientId: holder.clientId, expiresAt: holder.tokenExpiresAt };
      },
    }),
    message: message({
      ...{ hub, send: registry.send, admittedAs: registry.admittedAs, knows: feed.knows, onOutage },
      orders: { mayJoin, join: orders.join, leave: orders.leave },
    }),
    disconnect: disconnect({
      forget: (id) => {
        hub.drop(id);
        orders.drop(id);
      },
    }),
  });
};
