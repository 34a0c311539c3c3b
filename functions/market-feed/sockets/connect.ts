import type { ClientId } from "../../../layers/domain/identifiers.ts";
import type { Principal } from "../../../layers/domain/identity/session.ts";
import { addressBehindEdge, type Proxies } from "../../../layers/http/address.ts";
import { type Authenticate, bearerOf } from "../../../layers/http/authenticate.ts";
import { forbidden, Problem, unauthorized } from "../../../layers/http/problem.ts";
import type { Logger } from "../../../layers/platform/logger.ts";
import { chooseProtocol, PROTOCOL, type Protocol } from "../protocol/cable.ts";
import type { SocketEvent, SocketHandler, SocketResult } from "./socket-event.ts";

/** A client with its credential, and when the token or key of the connection ends. */
export type CredentialOwner = Principal<ClientId> & { readonly expiresAt: Date };

/** The owner of a connection, and the protocol that it uses. */
export type ConnectionOwner = CredentialOwner & { readonly protocol: Protocol };

/** The client has as many connections as it may have. */
export class TooManyConnections extends Error {
  override readonly name = "TooManyConnections";
}

type Deps = {
  readonly authenticate: Authenticate;
  /** Of a gateway that reports the address of its peer. */
  readonly proxies?: Proxies;
  /** Uses up a one-use ticket; undefined when it is unknown, used or expired. */
  readonly redeem: (ticket: string) => Promise<CredentialOwner | undefined>;
  readonly origins: readonly string[];
  readonly logger: Logger;
  /**
   * Records the owner, and resolves when current data can be sent. Rejects with TooManyConnections, or
   * with another error when no process can serve the connection.
   */
  readonly admit: (connectionId: string, owner: ConnectionOwner) => void | Promise<void>;
};

/**
 * Handles a handshake. Refuses with 400 for an unsupported protocol, 401 without a valid token, API key
 * or ticket, 403 for a page of another origin or a key without the scope `read`, 429 for too many
 * connections, 503 when a dependency fails.
 */
export const connect =
  (deps: Deps): SocketHandler =>
  async (event) => {
    const headers = headersOf(event);
    const protocol = chooseProtocol(offered(headers.get("sec-websocket-protocol")));
    if (protocol === "unsupported") return refused(UNSUPPORTED_PROTOCOL);
    if (!isAllowedOrigin(headers.get("origin"), deps.origins)) return refused(FOREIGN_ORIGIN);
    try {
      const owner = await ownerOf(deps, event, headers);
      await deps.admit(event.requestContext.connectionId, {
        ...{ ...owner, protocol: protocol === "none" ? PROTOCOL : protocol },
      });
      return accepted(protocol);
    } catch (error) {
      if (error instanceof Problem && error.status < 500)
        return refused({ status: error.status, code: error.code, detail: error.message });
      if (error instanceof TooManyConnections) return refused(TOO_MANY_CONNECTIONS);
      deps.logger.error({ err: error }, "a handshake could not be handled");
      return refused(UNAVAILABLE);
    }
  };

type Refusal = { readonly status: number; readonly code: string; readonly detail: string };

const UNSUPPORTED_PROTOCOL = {
  ...{ status: 400, code: "unsupported_protocol" },
  detail: "The sub-protocol must be actioncable-v1-json or actioncable-v1-ext-json.",
};
const FOREIGN_ORIGIN = {
  ...{ status: 403, code: "origin_not_allowed" },
  detail: "Pages of this origin may not connect.",
};
const TOO_MANY_CONNECTIONS = {
  ...{ status: 429, code: "too_many_connections" },
  detail: "You have as many connections as a client may have.",
};
export const UNAVAILABLE: Refusal = {
  ...{ status: 503, code: "unavailable" },
  detail: "The feed cannot take a connection at the moment.",
};

const refused = ({ status, code, detail }: Refusal): SocketResult => ({
  statusCode: status,
  body: JSON.stringify({ code, detail }),
});

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

const NO_PROXIES: Proxies = { has: () => false };

/** The owner of the header's bearer, or else of the only ticket or token of the query. */
const ownerOf = async (
  { authenticate, redeem, proxies = NO_PROXIES }: Deps,
  event: SocketEvent,
  headers: ReadonlyMap<string, string>,
): Promise<CredentialOwner> => {
  const query = event.multiValueQueryStringParameters ?? {};
  const tickets = query["ticket"] ?? [];
  const queryTokens = query["token"] ?? [];
  const bearer = bearerOf({ authorization: headers.get("authorization") });
  if (bearer === undefined && tickets.length + queryTokens.length !== 1)
    throw unauthorized("Send exactly one ticket, token or API key.");
  const [ticket] = tickets;
  if (bearer === undefined && ticket !== undefined) {
    const owner = await redeem(ticket);
    if (owner === undefined) throw unauthorized("The ticket is not valid, or was used before.");
    return owner;
  }
  const peer = event.requestContext.identity?.sourceIp;
  const address =
    peer === undefined
      ? (headers.get("x-forwarded-for") ?? "unknown")
      : addressBehindEdge(peer, (name) => headers.get(name), proxies);
  const caller = await authenticate(bearer ?? queryTokens[0], address);
  if (caller.scopes !== "all" && !caller.scopes.includes("read"))
    throw forbidden("scope_required", "This needs an API key with the scope read.");
  const { client: clientId, credential, tokenExpiresAt: expiresAt } = caller;
  return { clientId, credential, expiresAt };
};
