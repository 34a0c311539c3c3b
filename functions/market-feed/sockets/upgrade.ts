import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { Clock } from "../../../layers/platform/clock.ts";
import { correlationIdOf } from "../../../layers/platform/correlation.ts";
import type { NewId } from "../../../layers/platform/ids.ts";
import { chooseProtocol } from "../protocol/cable.ts";
import { openSession } from "./connection.ts";
import type { Registry } from "./connections.ts";
import type { Handshake, LambdaSockets } from "./lambda-sockets.ts";
import { type Names, refuseUpgrade } from "./refuse-upgrade.ts";

type Deps = {
  readonly instance: string;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly maxConnections: number;
  /** False while there is nothing to show, or the process is about to stop. */
  readonly isOpen: () => boolean;
  readonly registry: Registry;
  readonly handlers: LambdaSockets;
};

const PATH = "/cable";
const CLIENT_FRAME_BYTES = 4_096;
const CLIENT_FRAGMENTS = 16;

/** Turns requests for `/cable` into sessions, once the connect handler has let them in. */
export const createUpgrade = (deps: Deps) => {
  const { registry, handlers } = deps;
  const names = new WeakMap<IncomingMessage, Names>();
  const server = createServer(names);

  const open = (socket: WebSocket, raw: Duplex, handshake: Handshake, id: string): void => {
    const expiresAt = registry.admittedAs(id)?.expiresAt ?? deps.clock();
    const conversation = handlers.open(handshake);
    registry.add(id, openSession({ socket, raw, conversation, clock: deps.clock, expiresAt }));
  };

  return async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    const name = namesOf(deps, request);
    const refuse = (status: number): void => refuseUpgrade(socket, status, name);
    socket.on("error", () => socket.destroy());
    if (request.url?.split("?")[0] !== PATH) return refuse(404);
    if (!deps.isOpen() || registry.size() >= deps.maxConnections) return refuse(503);
    const id = deps.newId();
    socket.once("close", () => registry.forget(id));
    const handshake = handshakeOf(request, id);
    const status = await handlers.connect(handshake);
    if (socket.destroyed) return registry.forget(id); // it left while it was being judged
    if (status !== 200) return refuse(status);
    names.set(request, name);
    server.handleUpgrade(request, socket, head, (accepted) =>
      open(accepted, socket, handshake, id),
    );
  };
};

const createServer = (names: WeakMap<IncomingMessage, Names>): WebSocketServer => {
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
    const name = names.get(request);
    headers.push(`X-Instance: ${name?.instance}`, `X-Correlation-Id: ${name?.correlationId}`);
  });
  return server;
};

const headerOf = (request: IncomingMessage, name: string): string | undefined => {
  const value = request.headers[name];
  return typeof value === "string" ? value : undefined;
};

const namesOf = ({ instance, newId }: Deps, request: IncomingMessage): Names => ({
  instance,
  correlationId: correlationIdOf(headerOf(request, "x-correlation-id"), newId),
});

/** Only what the handlers read, and an id of our own: two clients may well send the same key. */
const handshakeOf = (request: IncomingMessage, id: string): Handshake => {
  const read = ["authorization", "origin", "sec-websocket-protocol"].flatMap((name) => {
    const value = headerOf(request, name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    url: request.url ?? "",
    headers: { ...Object.fromEntries(read), "sec-websocket-key": id },
  };
};
