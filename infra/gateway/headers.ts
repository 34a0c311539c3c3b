import type { IncomingMessage } from "node:http";
import { firstOf, GATEWAY, type Visit } from "./visit.ts";

/** Headers as a service sends or receives them; a list for a header with several lines. */
export type Headers = Record<string, string | string[] | undefined>;

/** Headers that concern one connection only (RFC 9110 §7.6.1). */
const HOP_BY_HOP = [
  ...["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding"],
  ...["upgrade", "http2-settings"],
];
/** A caller must not remove these by naming them in `Connection`. */
const KEPT = new Set(["host", "content-length", "authorization"]);

/** Removes the headers of one hop, and those that `Connection` names. */
const dropHopByHop = (headers: Headers): void => {
  const named = String(headers["connection"] ?? "").toLowerCase();
  for (const name of [...HOP_BY_HOP, ...named.split(",").map((part) => part.trim())])
    if (!KEPT.has(name)) delete headers[name];
};

/**
 * The headers that the service receives. The peer's address is appended to `X-Forwarded-For`, also
 * when the peer is a trusted proxy, as Kong does. Other headers in which the caller claims an
 * address, host or identity are overwritten.
 */
export const upstreamHeaders = (
  request: IncomingMessage,
  visit: Visit,
  { host, path }: { readonly host: string; readonly path: string },
): Headers => {
  const headers: Headers = { ...request.headers };
  dropHopByHop(headers);
  for (const name of ["expect", "content-length", "x-forwarded-prefix"]) delete headers[name];
  const peer = (request.socket.remoteAddress ?? visit.address).replace(/^::ffff:/, "");
  // A trusted proxy may add a line of its own after the caller's line: keep the addresses of both.
  const forwardedFor =
    peer === visit.address
      ? firstOf(request, "x-forwarded-for")
      : request.headersDistinct["x-forwarded-for"]?.join(", ");
  const via = request.headers.via;
  return Object.assign(headers, {
    host,
    "x-forwarded-for": append(forwardedFor, peer),
    "x-forwarded-proto": "http",
    "x-forwarded-host": (request.headers.host ?? "").replace(/:\d+$/, ""),
    "x-forwarded-port": String(request.socket.localPort ?? ""),
    "x-forwarded-path": path,
    "x-real-ip": visit.address,
    "x-kong-request-id": visit.id,
    via: append(via, `${request.httpVersion} ${GATEWAY}`),
  });
};

/** The headers of a service's response, with what the gateway adds to them. */
export const downstreamHeaders = (received: Headers, visit: Visit): Headers => {
  const headers: Headers = { ...received };
  dropHopByHop(headers);
  const now = performance.now();
  const sentMs = visit.sentMs ?? now;
  visit.source = "service";
  visit.upstreamMs = now - sentMs;
  // header names are lower case here: the gateway's replace the service's of the same name
  for (const [name, value] of Object.entries(visit.downstream)) headers[name.toLowerCase()] = value;
  return Object.assign(headers, {
    "x-kong-upstream-latency": String(Math.round(visit.upstreamMs)),
    "x-kong-proxy-latency": String(Math.round(sentMs - visit.begunMs)),
    "x-kong-request-id": visit.id,
    via: append(received["via"], `1.1 ${GATEWAY}`),
  });
};

const append = (before: string | string[] | undefined, value: string): string =>
  before === undefined ? value : `${String(before)}, ${value}`;
