import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Route } from "./route-table.ts";

/** Name under which the gateway speaks in `Via` and `Server`. */
export const GATEWAY = "brokerx-gateway";

/** One request on its way through the gateway. */
export type Visit = {
  readonly id: string;
  readonly route: Route;
  readonly begunMs: number;
  /** Headers the caller gets, whoever answers. */
  readonly downstream: Record<string, string>;
  source: "service" | "exit" | "error";
  sentMs: number | undefined;
  upstreamMs: number | undefined;
};

/** Begins a visit; without an answer of the service it counts as the gateway's own. */
export const beginVisit = (route: Route): Visit => ({
  id: randomBytes(16).toString("hex"),
  route,
  begunMs: performance.now(),
  downstream: {},
  source: "exit",
  sentMs: undefined,
  upstreamMs: undefined,
});

/** Headers that speak of one connection only (RFC 9110 §7.6.1), and what Connection names. */
const HOP = ["connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade"];
/** Without these a service would read another message than the gateway judged. */
const NEEDED = new Set(["host", "content-length", "transfer-encoding", "authorization"]);

const dropHopByHop = ({ headers }: IncomingMessage): void => {
  const named = (headers.connection ?? "").toLowerCase().split(",");
  for (const name of [...HOP, ...named.map((one) => one.trim())])
    if (!NEEDED.has(name)) delete headers[name];
};

/**
 * Tells the service who asks, as Kong does: the peer is appended to `X-Forwarded-For`, all else that
 * a caller may have written about itself is overwritten.
 */
export const introduce = (request: IncomingMessage, visit: Visit, path: string): void => {
  const { headers } = request;
  const socket: Socket = request.socket;
  const upgrade = headers.upgrade?.toLowerCase() === "websocket";
  dropHopByHop(request);
  const peer = socket.remoteAddress?.replace(/^::ffff:/, "") ?? "";
  const before = headers["x-forwarded-for"];
  Object.assign(headers, {
    "x-forwarded-for": before === undefined ? peer : `${String(before)}, ${peer}`,
    "x-forwarded-proto": "http",
    "x-forwarded-host": (headers.host ?? "").replace(/:\d+$/, ""),
    "x-forwarded-port": String(socket.localPort ?? ""),
    "x-forwarded-path": path,
    "x-forwarded-prefix": "",
    "x-real-ip": peer,
    "x-kong-request-id": visit.id,
    via: `1.1 ${GATEWAY}`,
    ...(upgrade ? { connection: "Upgrade", upgrade: "websocket" } : {}),
  });
  delete headers["x-forwarded-prefix"];
};
