import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import type { Exchange } from "./gateway-metrics.ts";
import type { Visit } from "./visit.ts";

const counted = new WeakMap<object, { readonly read: number; readonly written: number }>();

/** The bytes of a connection since its last exchange; exchanges of a connection do not overlap. */
const bytesSince = (socket: IncomingMessage["socket"]) => {
  const before = counted.get(socket) ?? { read: 0, written: 0 };
  const now = { read: socket.bytesRead, written: socket.bytesWritten };
  counted.set(socket, now);
  return { requestBytes: now.read - before.read, responseBytes: now.written - before.written };
};

/** A finished visit, as the metrics count it. */
export const exchangeOf = (
  visit: Visit,
  code: number,
  socket: IncomingMessage["socket"],
): Exchange => ({
  ...{ service: visit.route?.service.name ?? "", route: visit.route?.name ?? "" },
  ...{ code, source: visit.source, upstreamMs: visit.upstreamMs },
  requestMs: performance.now() - visit.begunMs,
  ...bytesSince(socket),
});

/** Tracks a server's open connections, WebSockets too, so that it can be closed at once. */
export const watchConnections = (server: Server) => {
  const open = new Set<Duplex>();
  let accepted = 0;
  server.on("connection", (socket) => {
    accepted += 1;
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  return {
    counts: () => ({ active: open.size, accepted, handled: accepted }),
    destroyAll: () => {
      for (const socket of open) socket.destroy();
    },
  };
};
