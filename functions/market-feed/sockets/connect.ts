import type { ClientId } from "../../../layers/domain/identifiers.ts";
import { BadToken, type Tokens } from "../../../layers/platform/credentials/tokens.ts";
import type { Logger } from "../../../layers/platform/logger.ts";
import { chooseProtocol, PROTOCOL, type Protocol } from "../protocol/cable.ts";
import type { SocketAnswer, SocketEvent, SocketHandler } from "./socket-event.ts";

const BEARER = /^bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i;

/** Whom a connection speaks for, until when, and in which words. */
export type Admitted = {
  readonly clientId: ClientId;
  readonly expiresAt: Date;
  readonly protocol: Protocol;
};

type Deps = {
  readonly tokens: Pick<Tokens, "verify">;
  /** Takes a one-use ticket; undefined when there is none such, or no more. */
  readonly redeem: (ticket: string) => Promise<Omit<Admitted, "protocol"> | undefined>;
  readonly origins: readonly string[];
  readonly logger: Logger;
  /**
   * Keeps who was let in, and resolves when there is something current to tell; throws when nobody can
   * speak to it at the moment.
   */
  readonly admit: (connectionId: string, admitted: Admitted) => void | Promise<void>;
};

/**
 * Lets a client in, or not: 401 without a good token or ticket, 403 from a foreign page, 400 when the
 * client speaks another protocol, 503 when nobody can tell at the moment.
 */
export const connect =
  (deps: Deps): SocketHandler =>
  async (event) => {
    const headers = headersOf(event);
    const protocol = chooseProtocol(offered(headers.get("sec-websocket-protocol")));
    if (protocol === "unsupported") return { statusCode: 400 };
    if (!isWelcome(headers.get("origin"), deps.origins)) return { statusCode: 403 };
    try {
      const speaks = protocol === "none" ? PROTOCOL : protocol;
      const holder = await holderOf(deps, event, headers);
      await deps.admit(event.requestContext.connectionId, { ...holder, protocol: speaks });
      return admitted(protocol);
    } catch (error) {
      if (error instanceof BadToken) return { statusCode: 401 };
      deps.logger.error({ err: error }, "a connection could not be judged");
      return { statusCode: 503 };
    }
  };

/** API Gateway passes the chosen sub-protocol on from here; a server of our own has its own way. */
const admitted = (protocol: Protocol | "none"): SocketAnswer => ({
  statusCode: 200,
  ...(protocol === "none" ? {} : { headers: { "Sec-WebSocket-Protocol": protocol } }),
});

/** Header names are in lower case here, and in any case at API Gateway. */
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

/** Programs send no origin; a page of another site does, and cannot forge it. */
const isWelcome = (origin: string | undefined, allowed: readonly string[]): boolean =>
  origin === undefined || allowed.length === 0 || allowed.includes(origin);

/** The token of the header, else the ticket or the token of the query; more than one is none. */
const holderOf = async (
  { tokens, redeem }: Deps,
  event: SocketEvent,
  headers: ReadonlyMap<string, string>,
): Promise<Omit<Admitted, "protocol">> => {
  const query = event.multiValueQueryStringParameters ?? {};
  const tickets = query["ticket"] ?? [];
  const shown = query["token"] ?? [];
  const bearer = BEARER.exec(headers.get("authorization") ?? "")?.[1];
  if (bearer === undefined && tickets.length + shown.length !== 1) throw new BadToken("no token");
  const [ticket] = tickets;
  if (bearer === undefined && ticket !== undefined) {
    const holder = await redeem(ticket);
    if (holder === undefined) throw new BadToken("no such ticket");
    return holder;
  }
  const { clientId, expiresAt } = await tokens.verify(bearer ?? shown[0] ?? "");
  return { clientId: clientId as ClientId, expiresAt };
};
