import { type IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { GATEWAY, type Visit } from "./visit.ts";

/** A response of the gateway itself, in Kong's words. */
export type Refusal = {
  readonly status: number;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
};

const CLOSING = new Set([400, 405, 408, 413, 414, 501]);

/** Refuses a request in Kong's form. The connection closes when the rest of the request is not read. */
export const refuse = (response: ServerResponse, refusal: Refusal, visit: Visit): void => {
  const { status, message, headers } = refusal;
  const body = JSON.stringify({ message, request_id: visit.id });
  response.writeHead(status, {
    ...visit.downstream,
    ...headers,
    "X-Kong-Request-Id": visit.id,
    "Content-Type": "application/json; charset=utf-8",
    "Content-Length": String(Buffer.byteLength(body)),
    ...(CLOSING.has(status) || visit.handshake !== undefined ? { Connection: "close" } : {}),
    Server: GATEWAY,
  });
  response.end(body);
};

const LINGER_MS = 5_000;

/**
 * A response on a connection that Node has handed over: a WebSocket handshake, `CONNECT`, or a
 * request that could not be parsed. Node does so even while the response to an earlier request is
 * being sent; then the connection is closed and there is no response. The connection closes after the
 * response, but reading continues for a while: closing with unread bytes would reset the connection
 * and lose the response.
 */
export const respondOn = (socket: Duplex, request: IncomingMessage): ServerResponse | undefined => {
  const response = new ServerResponse(request);
  socket.on("error", () => socket.destroy());
  response.on("error", () => socket.destroy());
  response.shouldKeepAlive = false;
  if (!(socket instanceof Socket) || !socket.writable || !assign(response, socket)) {
    socket.destroy();
    return undefined;
  }
  response.once("finish", () => {
    response.detachSocket(socket);
    socket.end();
    socket.resume();
    setTimeout(() => socket.destroy(), LINGER_MS).unref();
  });
  return response;
};

/** Returns whether no other response is being sent on the connection. */
const assign = (response: ServerResponse, socket: Socket): boolean => {
  try {
    response.assignSocket(socket);
    return true;
  } catch {
    return false;
  }
};
