import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { addressBehind, type Proxies } from "../../../layers/http/address.ts";
import type { Problem } from "../../../layers/http/problem.ts";
import type { Clock } from "../../../layers/platform/clock.ts";
import { correlationIdOf } from "../../../layers/platform/correlation.ts";
import type { NewId } from "../../../layers/platform/ids.ts";
import { parseRequestTarget } from "../../../layers/platform/request-target.ts";
import { chooseProtocol } from "../protocol/cable.ts";
import { openConnection } from "./connection.ts";
import type { Connections } from "./connections.ts";
import type { Handshake, LambdaSockets } from "./lambda-sockets.ts";
import {
  NOT_FOUND,
  NOT_OPEN,
  problemOf,
  type ResponseIds,
  refuseUpgrade,
} from "./refuse-upgrade.ts";

type Deps = {
  readonly instance: string;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly maxConnections: number;
  /** False until the books are loaded, and while the process stops. */
  readonly isOpen: () => boolean;
  readonly connections: Connections;
  readonly proxies: Proxies;
  readonly handlers: LambdaSockets;
};

const PATH = "/cable";
const CLIENT_FRAME_BYTES = 4_096;
const CLIENT_FRAGMENTS = 16;

/** Turns handshakes on `/cable` into connections when the connect handler accepts them. */
export const createUpgrade = (deps: Deps) => {
  const { connections, handlers } = deps;
  const idsOfRequest = new WeakMap<IncomingMessage, ResponseIds>();
  const server = createServer(idsOfRequest);

  const open = (socket: WebSocket, raw: Duplex, handshake: Handshake, id: string): void => {
    const expiresAt = connections.ownerOf(id)?.expiresAt ?? deps.clock();
    const options = { socket, raw, handlers: handlers.open(handshake), clock: deps.clock };
    connections.add(id, openConnection({ ...options, expiresAt }));
  };

  return async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    socket.on("error", () => socket.destroy());
    const ids = idsOf(deps, request);
    const refuse = (problem: Problem): void => refuseUpgrade(socket, problem, ids);
    if (parseRequestTarget(request.url).path !== PATH) return refuse(NOT_FOUND);
    if (!deps.isOpen() || connections.size() >= deps.maxConnections) return refuse(NOT_OPEN);
    const id = deps.newId();
    socket.once("close", () => connections.remove(id));
    const handshake = handshakeOf(deps, request, id);
    const result = await handlers.connect(handshake);
    if (socket.destroyed) return connections.remove(id); // the client left during the handshake
    if (result.statusCode !== 200) return refuse(problemOf(result));
    idsOfRequest.set(request, ids);
    server.handleUpgrade(request, socket, head, (accepted) =>
      open(accepted, socket, handshake, id),
    );
  };
};

const createServer = (idsOfRequest: WeakMap<IncomingMessage, ResponseIds>): WebSocketServer => {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: CLIENT_FRAME_BYTES,
    maxFragments: CLIENT_FRAGMENTS,
    handleProtocols: (offered) => {
      const chosen = chooseProtocol(offered);
      return chosen === "none" || chosen === "unsupported" ? false : chosen;
    },
  });
  server.on("headers", (headers, request) => {
    const ids = idsOfRequest.get(request);
    headers.push(`X-Instance: ${ids?.instance}`, `X-Correlation-Id: ${ids?.correlationId}`);
  });
  return server;
};

const headerOf = (request: IncomingMessage, name: string): string | undefined => {
  const value = request.headers[name];
  return typeof value === "string" ? value : undefined;
};

const idsOf = ({ instance, newId }: Deps, request: IncomingMessage): ResponseIds => ({
  instance,
  correlationId: correlationIdOf(headerOf(request, "x-correlation-id"), newId),
});

/** Contains only what the handlers read, and an id of the server's: clients may send equal keys. */
const handshakeOf = ({ proxies }: Deps, request: IncomingMessage, id: string): Handshake => {
  const read = ["authorization", "origin", "sec-websocket-protocol"].flatMap((name) => {
    const value = headerOf(request, name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    url: originForm(request.url),
    headers: {
      ...Object.fromEntries(read),
      "x-forwarded-for": addressBehind(
        request.socket.remoteAddress ?? "unknown",
        headerOf(request, "x-forwarded-for"),
        proxies,
      ),
      "sec-websocket-key": id,
    },
  };
};

/** The target as a path and a query: the library that makes the events cannot parse other forms. */
const originForm = (url: string | undefined): string => {
  const { path, query } = parseRequestTarget(url);
  return query === "" ? path : `${path}?${query}`;
};
