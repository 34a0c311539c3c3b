import type { ClientId } from "../../../layers/domain/identifiers.ts";
import { BadToken, type Tokens } from "../../../layers/platform/credentials/tokens.ts";
import type { Logger } from "../../../layers/platform/logger.ts";
import { chooseProtocol, PROTOCOL, type Protocol } from "../protocol/cable.ts";
import type { SocketEvent, SocketHandler, SocketResult } from "./socket-event.ts";

const BEARER = /^bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i;

/** The client that a token or a ticket belongs to, and when the token ends. */
export type TokenOwner = { readonly clientId: ClientId; readonly expiresAt: Date };

/** The owner of a connection, and the protocol that it uses. */
export type ConnectionOwner = TokenOwner & { readonly protocol: Protocol };

/** The client has as many connections as it may have. */
export class TooManyConnections extends Error {
  override readonly name = "TooManyConnections";
}

type Deps = {
  readonly tokens: Pick<Tokens, "verify">;
  /** Uses up a one-use ticket; undefined when it is unknown, used or expired. */
  readonly redeem: (ticket: string) => Promise<TokenOwner | undefined>;
  readonly origins: readonly string[];
  readonly logger: Logger;
  /**
   * Records the owner, and resolves when current data can be sent. Rejects with TooManyConnections, or
   * with another error when no process can serve the connection.
   */
  readonly admit: (connectionId: string, owner: ConnectionOwner) => void | Promise<void>;
};

/**
 * Handles a handshake. Refuses with 400 for an unsupported protocol, 401 without a valid token or
 * ticket, 403 for a page of another origin, 429 for too many connections, 503 when a dependency fails.
 */
export const connect =
  (deps: Deps): SocketHandler =>
  async (event) => {
    const headers = headersOf(event);
    const protocol = chooseProtocol(offered(headers.get("sec-websocket-protocol")));
    if (protocol === "unsupported") return { statusCode: 400 };
    if (!isAllowedOrigin(headers.get("origin"), deps.origins)) return { statusCode: 403 };
    try {
      const owner = await ownerOf(deps, event, headers);
      await deps.admit(event.requestContext.connectionId, {
        ...{ ...owner, protocol: protocol === "none" ? PROTOCOL : protocol },
      });
      return accepted(protocol);
    } catch (error) {
      if (error instanceof BadToken) return { statusCode: 401 };
      if (error instanceof TooManyConnections) return { statusCode: 429 };
      deps.logger.error({ err: error }, "a handshake could not be handled");
      return { statusCode: 503 };
    }
  };

/** API Gateway sends this header to the client; the feed's own server sets it in the upgrade. */
const accepted = (protocol: Protocol | "none"): SocketResult => ({
  statusCode: 200,
  ...(protocol === "none" ? {} : { headers: { "Sec-WebSocket-Protocol": protocol } }),
});

/** Header names arrive in lower case from the feed's own server, in any case from API Gateway. */
const headersOf = ({ multiValueHeaders = {} }: SocketEvent): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(multiValueHeaders).map(([name, values = []]) => [
      name.toLowerCase(),
      values.join(","),
    ]),
  );

const offered = (header: string | undefined): readonly string[] =>
  (header ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");

/** Browsers send the page's origin, which the page cannot forge; programs send none. */
const isAllowedOrigin = (origin: string | undefined, allowed: readonly string[]): boolean =>
  origin === undefined || allowed.length === 0 || allowed.includes(origin);

/** Reads the token of the header, or else the only ticket or token of the query. */
const ownerOf = async (
  { tokens, redeem }: Deps,
  event: SocketEvent,
  headers: ReadonlyMap<string, string>,
): Promise<TokenOwner> => {
  const query = event.multiValueQueryStringParameters ?? {};
  const tickets = query["ticket"] ?? [];
  const queryTokens = query["token"] ?? [];
  const bearer = BEARER.exec(headers.get("authorization") ?? "")?.[1];
  if (bearer === undefined && tickets.length + queryTokens.length !== 1)
    throw new BadToken("not exactly one token or ticket");
  const [ticket] = tickets;
  if (bearer === undefined && ticket !== undefined) {
    const owner = await redeem(ticket);
    if (owner === undefined) throw new BadToken("unknown ticket");
    return owner;
  }
  const { clientId, expiresAt } = await tokens.verify(bearer ?? queryTokens[0] ?? "");
  return { clientId: clientId as ClientId, expiresAt };
};
