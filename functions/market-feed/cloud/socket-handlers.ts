import type { Tokens } from "../../../layers/platform/credentials/tokens.ts";
import type { Logger } from "../../../layers/platform/logger.ts";
import { Unavailable } from "../../../layers/platform/unavailable.ts";
import {
  closeConnection,
  keepConnection,
  keepText,
} from "../../../layers/store/market/connections.ts";
import type { Executor } from "../../../layers/store/pg/database.ts";
import { parseCommand } from "../protocol/cable.ts";
import { type Admitted, connect } from "../sockets/connect.ts";
import { disconnect } from "../sockets/disconnect.ts";
import type { SocketHandler } from "../sockets/socket-event.ts";

type Deps = {
  readonly database: Executor;
  readonly logger: Logger;
  readonly tokens: Pick<Tokens, "verify">;
  readonly redeem: (ticket: string) => Promise<Omit<Admitted, "protocol"> | undefined>;
  readonly origins: readonly string[];
};

const TEXT_CHARACTERS_MAX = 4_096;

/**
 * The same three handlers where API Gateway holds the sockets: they judge who connects and write down
 * what is said. The process that speaks to the connection (fan-out.ts) hears it there.
 */
export const socketHandlers = (deps: Deps) => {
  const { database } = deps;
  return {
    connect: connect({
      ...deps,
      admit: async (connectionId, admitted) => {
        if (!(await keepConnection(database, { connectionId, ...admitted })))
          throw new Unavailable("nobody speaks to connections");
      },
    }),
    message: guarded(deps, async ({ requestContext: { connectionId }, body }) => {
      const text = body ?? "";
      if (text.length > TEXT_CHARACTERS_MAX || parseCommand(text) === undefined)
        return { statusCode: 200 };
      return { statusCode: (await keepText(database, connectionId, text)) ? 200 : 429 };
    }),
    disconnect: guarded(deps, disconnect({ forget: (id) => closeConnection(database, id) })),
  };
};

/** Nothing escapes a handler: the gateway would show it to the client. */
const guarded =
  ({ logger }: Pick<Deps, "logger">, handler: SocketHandler): SocketHandler =>
  (event) =>
    handler(event).catch((error: unknown) => {
      logger.error({ err: error, event: event.requestContext.eventType }, "a socket event failed");
      return { statusCode: 503 };
    });
