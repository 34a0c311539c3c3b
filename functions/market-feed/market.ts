import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../../layers/platform/clock.ts";
import type { Config } from "../../layers/platform/config.ts";
import type { Logger } from "../../layers/platform/logger.ts";
import type { Metrics } from "../../layers/platform/metrics.ts";
import type { Database } from "../../layers/store/pg/database.ts";
import { listen } from "../../layers/store/pg/listen.ts";
import { MARKET_CHANNEL, OUTBOX_CHANNEL } from "../../layers/store/pg/notify.ts";
import { createFeed, type Feed } from "./books/book-follower.ts";
import { createHub, type Hub } from "./books/market-publisher.ts";
import { watchMarkets } from "./books/market-status.ts";
import { createDeliveryTraces } from "./books/trace-deliveries.ts";
import { createOrdersFeed, type OrdersFeed } from "./orders/activity-follower.ts";
import { createOrdersHub } from "./orders/activity-publisher.ts";
import type { Admitted } from "./sockets/connect.ts";
import { createRegistry, type Registry } from "./sockets/connections.ts";
import { disconnect } from "./sockets/disconnect.ts";
import { message } from "./sockets/message.ts";

/** What a process needs that tells clients of the market, wherever their sockets are. */
export type MarketDeps = {
  readonly config: Pick<Config, "databaseUrl">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly database: Database;
};

/** Whoever comes is let in after so long, even when the market could not be looked at. */
const CURRENT_WITHIN_MS = 1_000;

/**
 * The market and its audience: follows books and own orders, and says what happens to the sessions of
 * the registry, which may be sockets of this process or of a gateway elsewhere.
 */
export const createMarket = (deps: MarketDeps) => {
  const registry = createRegistry(deps);
  const { send } = registry;
  const rewind = (): void => registry.closeAll("server_restart");
  const onOutage = (id: string, error: unknown): void => {
    deps.logger.warn({ err: error }, "a subscription could not be judged");
    registry.farewell(id, "server_restart");
  };
  // Feeds and hubs need each other; none is called before all are there.
  const hub: Hub = createHub({
    send,
    epoch: () => feed.epoch(),
    bookOf: (symbol) => feed.bookOf(symbol),
    eventsSince: (symbol, seq) => feed.eventsSince(symbol, seq),
  });
  const { publish, resync } = hub;
  const traceDelivery = createDeliveryTraces(deps);
  const isHeard = (): boolean => registry.size() > 0;
  const feed: Feed = createFeed({ ...deps, publish, resync, rewind, traceDelivery, isHeard });
  const ordersHub = createOrdersHub({
    send,
    epoch: feed.epoch,
    onGap: (id) => registry.farewell(id, "server_restart"),
  });
  const orders = createOrdersFeed({
    ...{ ...deps, epoch: feed.epoch, hub: ordersHub, send, rewind, onOutage },
  });
  const { mayJoin } = ordersHub;
  return {
    registry,
    /** Lets somebody in, who waits for a look to hear of the market as it is now: many for the same one. */
    admit: (connectionId: string, admitted: Admitted): Promise<void> => {
      registry.admit(connectionId, admitted);
      orders.wake();
      const late = delay(CURRENT_WITHIN_MS, undefined, { ref: false });
      return Promise.race([feed.lookedAgain(), late]);
    },
    /** True once there is something to show. */
    isLoaded: feed.isLoaded,
    check: feed.check,
    message: message({
      ...{ hub, send, admittedAs: registry.admittedAs, knows: feed.knows, onOutage },
      orders: { mayJoin, join: orders.join, leave: orders.leave },
    }),
    disconnect: disconnect({
      forget: (id) => {
        hub.drop(id);
        orders.drop(id);
      },
    }),
    /** Begins to follow; the answer ends it, with a goodbye to everybody. */
    start: () => follow(deps, { registry, hub, feed, orders, isHeard }),
  };
};

type Parts = {
  readonly registry: Registry;
  readonly hub: Hub;
  readonly feed: Feed;
  readonly orders: OrdersFeed;
  readonly isHeard: () => boolean;
};

const follow = (
  deps: MarketDeps,
  { registry, hub, feed, orders, isHeard }: Parts,
): (() => Promise<void>) => {
  // With nobody to tell, a look now and then keeps up, many orders at a time.
  const listeners = [
    listenTo(deps, MARKET_CHANNEL, () => {
      if (!isHeard()) return;
      feed.wake();
      orders.wake();
    }),
    listenTo(deps, OUTBOX_CHANNEL, () => {
      if (isHeard()) orders.wake();
    }),
  ];
  const watch = watchMarkets({ ...deps, tell: hub.tellStatus });
  feed.start();
  orders.start();
  return async () => {
    const closing = listeners.map((listener) => listener.close());
    await Promise.all([registry.stop(), feed.stop(), orders.stop(), watch.stop(), ...closing]);
  };
};

/** Wakes somebody whenever a channel is rung; without it everybody looks by themselves, a bit later. */
export const listenTo = (
  { config, logger }: Pick<MarketDeps, "config" | "logger">,
  channel: string,
  onNotify: () => void,
) =>
  listen({
    url: config.databaseUrl,
    channel,
    onNotify,
    onError: (error) => logger.warn({ err: error }, "notifications are interrupted"),
  });
