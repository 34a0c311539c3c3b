import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Route } from "./route-table.ts";

/** The name of the gateway in `Via` and `Server`. */
export const GATEWAY = "brokerx-gateway";

/** A WebSocket handshake: the connection, and the bytes that came after the headers. */
export type Handshake = { readonly socket: Socket; readonly head: Buffer };

/** A request on its way through the gateway. */
export type Visit = {
  readonly id: string;
  readonly begunMs: number;
  /** The caller's address; `X-Forwarded-For` counts only from a trusted proxy. */
  readonly address: string;
  /** Headers of the response, whether a service or the gateway responds. */
  readonly downstream: Record<string, string>;
  readonly handshake: Handshake | undefined;
  route: Route | undefined;
  /** The consumer whose key the request has; undefined on a route without a key. */
  consumer: string | undefined;
  /** Kong's words: the service responded, or the gateway itself. */
  source: "service" | "kong";
  sentMs: number | undefined;
  upstreamMs: number | undefined;
};

/** Begins a visit; unless a service responds, the response counts as the gateway's own. */
export const beginVisit = (address: string, handshake?: Handshake): Visit => ({
  id: randomBytes(16).toString("hex"),
  begunMs: performance.now(),
  address,
  downstream: {},
  handshake,
  route: undefined,
  consumer: undefined,
  source: "kong",
  sentMs: undefined,
  upstreamMs: undefined,
});

/** The first line of a header that may occur several times. */
export const firstOf = (request: IncomingMessage, name: string): string | undefined =>
  request.headersDistinct[name.toLowerCase()]?.[0];
