import type { RequestListener } from "node:http";
import type { Proxies } from "../../../layers/http/address.ts";
import type { Authenticate } from "../../../layers/http/authenticate.ts";
import type { Config } from "../../../layers/platform/config.ts";
import { checkHealth } from "../../../layers/platform/health.ts";
import type { NewId } from "../../../layers/platform/ids.ts";
import { startStatusServer } from "../../../layers/platform/status-server.ts";
import { sql } from "../../../layers/store/pg/database.ts";
import { createMarket, type MarketDeps } from "../market.ts";
import { connect } from "./connect.ts";
import { lambdaSockets } from "./lambda-sockets.ts";
import { ticketRedeemer } from "./redeem-ticket.ts";
import { createUpgrade } from "./upgrade.ts";

type Deps = MarketDeps & {
  readonly config: Pick<Config, "instance" | "feedPort" | "feedMaxConnections" | "feedOrigins"> &
    Partial<Pick<Config, "listenHost">>;
  readonly newId: NewId;
  readonly authenticate: Authenticate;
  readonly proxies: Proxies;
  /** Serves HTTP requests other than `/health` and `/metrics`. */
  readonly onRequest?: RequestListener;
};

/** TCP connections beside the sockets: health checks, handshakes, HTTP requests. */
const EXTRA_CONNECTIONS = 200;

/** Starts the market feed; returns its port, and a function that stops it in bounded time. */
export const serveMarketFeed = async (
  deps: Deps,
): Promise<{ readonly port: number; readonly stop: () => Promise<void> }> => {
  const { config, database, logger, clock } = deps;
  let stopping = false;
  const market = createMarket(deps);
  const { connections, message, disconnect } = market;
  const upgrade = createUpgrade({
    ...{ instance: config.instance, clock, newId: deps.newId, connections },
    proxies: deps.proxies,
    maxConnections: config.feedMaxConnections,
    isOpen: () => !stopping && market.isLoaded(),
    handlers: lambdaSockets({
      ...{ message, disconnect },
      connect: connect({
        ...{ origins: config.feedOrigins, logger, admit: market.admit },
        authenticate: deps.authenticate,
        redeem: ticketRedeemer(deps),
      }),
    }),
  });
  const server = await startStatusServer({
    port: config.feedPort,
    host: config.listenHost,
    instance: config.instance,
    registry: deps.metrics.registry,
    health: () =>
      checkHealth({ database: () => database.query(sql`select 1`), feed: market.check }),
    maxConnections: config.feedMaxConnections + EXTRA_CONNECTIONS,
    onRequest: deps.onRequest,
    onUpgrade: (request, socket, head) => {
      upgrade(request, socket, head).catch((error: unknown) => {
        logger.error({ err: error }, "a handshake failed");
        socket.destroy();
      });
    },
  });
  const stopMarket = market.start();
  const stop = async (): Promise<void> => {
    stopping = true;
    await stopMarket();
    await server.close();
  };
  return { port: server.port, stop };
};
