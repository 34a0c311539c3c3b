import type { Logger } from "../../layers/platform/logger.ts";
import { BadToken, type Claims, type Tokens } from "../../layers/platform/tokens.ts";
import { chooseProtocol, PROTOCOL } from "./cable.ts";
import type { SocketAnswer, SocketEvent, SocketHandler } from "./socket-event.ts";

const BEARER = /^bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i;

/**
 * Lets a client in, or not: 401 without a good token, 403 from a foreign page, 400 when the client
 * speaks another protocol. `admit` keeps who the connection speaks for, and until when.
 */
export const connect =
  (deps: {
    readonly tokens: Tokens;
    readonly origins: readonly string[];
    readonly logger: Logger;
    readonly admit: (connectionId: string, claims: Claims) => void;
  }): SocketHandler =>
  async (event) => {
    const headers = headersOf(event);
    const protocol = chooseProtocol(offered(headers.get("sec-websocket-protocol")));
    if (protocol === "unsupported") return { statusCode: 400 };
    if (!isWelcome(headers.get("origin"), deps.origins)) return { statusCode: 403 };
    try {
      const claims = await deps.tokens.verify(credentialOf(event, headers));
      deps.admit(event.requestContext.connectionId, claims);
      return admitted(protocol);
    } catch (error) {
      if (error instanceof BadToken) return { statusCode: 401 };
      deps.logger.error({ err: error }, "a connection could not be judged");
      return { statusCode: 500 };
    }
  };

/** API Gateway passes the chosen sub-protocol on from here; a server of our own has its own way. */
const admitted = (protocol: string): SocketAnswer => ({
  statusCode: 200,
  ...(protocol === PROTOCOL ? { headers: { "Sec-WebSocket-Protocol": PROTOCOL } } : {}),
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

/** The token of the header, else of the query; twice in the query is no token at all. */
const credentialOf = (event: SocketEvent, headers: ReadonlyMap<string, string>): string => {
  const bearer = BEARER.exec(headers.get("authorization") ?? "")?.[1];
  if (bearer !== undefined) return bearer;
  const [token, ...others] = event.multiValueQueryStringParameters?.["token"] ?? [];
  if (token === undefined || others.length > 0) throw new BadToken("no token");
  return token;
};
