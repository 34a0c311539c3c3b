import type { Proxies } from "../../../layers/http/address.ts";
import type { Authenticate } from "../../../layers/http/authenticate.ts";
import type { Logger } from "../../../layers/platform/logger.ts";
import { Unavailable } from "../../../layers/platform/unavailable.ts";
import {
  closeConnection,
  insertConnection,
  insertText,
} from "../../../layers/store/market/connections.ts";
import type { Executor } from "../../../layers/store/pg/database.ts";
import { parseCommand } from "../protocol/cable.ts";
import { type CredentialOwner, connect, TooManyConnections } from "../sockets/connect.ts";
import { disconnect } from "../sockets/disconnect.ts";
import type { SocketHandler } from "../sockets/socket-event.ts";

type Deps = {
  readonly database: Executor;
  readonly logger: Logger;
  readonly authenticate: Authenticate;
  readonly proxies?: Proxies;
  readonly redeem: (ticket: string) => Promise<CredentialOwner | undefined>;
  readonly origins: readonly string[];
  /** How many connections a client may have. */
  readonly maxPerClient: number;
};

const TEXT_CHARACTERS_MAX = 4_096;
/** Stored in place of an invalid command: the worker then sends the client the reason. */
const NOT_A_COMMAND = "";

/**
 * The three handlers where API Gateway holds the sockets: they check handshakes and store what clients
 * send. The worker that serves the connection (worker.ts) reads it there.
 */
export const socketHandlers = (deps: Deps) => {
  const { database, maxPerClient } = deps;
  return {
    connect: connect({
      ...deps,
      admit: async (connectionId, owner) => {
        const outcome = await insertConnection(database, { connectionId, ...owner }, maxPerClient);
        if (outcome === "no_worker") throw new Unavailable("no worker serves connections");
        if (outcome === "too_many") throw new TooManyConnections();
      },
    }),
    message: guarded(deps, async ({ requestContext: { connectionId }, body }) => {
      const text = body ?? "";
      const isCommand = text.length <= TEXT_CHARACTERS_MAX && !("code" in parseCommand(text));
      const stored = await insertText(database, connectionId, isCommand ? text : NOT_A_COMMAND);
      return { statusCode: stored ? 200 : 429 };
    }),
    disconnect: guarded(
      deps,
      disconnect({ removeConnection: (id) => closeConnection(database, id) }),
    ),
  };
};

/** Turns errors into a status: the gateway would show them to the client. */
const guarded =
  ({ logger }: Pick<Deps, "logger">, handler: SocketHandler): SocketHandler =>
  (event) =>
    handler(event).catch((error: unknown) => {
      logger.error({ err: error, event: event.requestContext.eventType }, "a socket event failed");
      return { statusCode: 503 };
    });
