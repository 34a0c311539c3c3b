import { type ClientRequest, request as openRequest } from "node:http";
import { type Duplex, pipeline } from "node:stream";
import { refuse } from "./answers.ts";
import type { Balancer, Fault } from "./balancer.ts";
import { type Admitted, BROKEN, NO_PEER, SILENT } from "./forward.ts";
import { downstreamHeaders, type Headers, upstreamHeaders } from "./headers.ts";
import type { Service } from "./kong-file.ts";
import type { Handshake } from "./visit.ts";

// The bytes of a WebSocket are not parsed. @fastify/http-proxy would parse every frame and keep any
// number of them in memory for a slow reader.

/** Connects a caller that asks for a WebSocket to a target of the service. */
export type Tunnel = (call: Admitted & { readonly handshake: Handshake }) => void;

/**
 * The WebSockets of a service. A WebSocket is closed when its service is silent for `read_timeout`.
 */
export const createTunnel = (service: Service, balancer: Balancer): Tunnel => {
  const { connect_timeout, read_timeout } = service;
  return (call) => {
    const { response, visit, handshake } = call;
    const target = balancer.next(new Set());
    if (target === undefined) return refuse(response, NO_PEER, visit);
    visit.sentMs = performance.now();
    const outgoing = openHandshake(target.origin, call, connect_timeout);
    let isSettled = false;
    const fail = (fault: Fault): void => {
      outgoing.destroy();
      if (isSettled || handshake.socket.destroyed) return;
      isSettled = true;
      balancer.report(target, fault);
      refuse(response, fault === "timeout" ? SILENT : BROKEN, visit);
    };
    handshake.socket.once("close", () => outgoing.destroy());
    outgoing.once("socket", (socket) =>
      socket.once("connect", () => outgoing.setTimeout(read_timeout)),
    );
    outgoing.on("timeout", () => fail("timeout"));
    outgoing.on("error", () => fail("tcp"));
    outgoing.once("response", (reply) => {
      isSettled = true;
      response.writeHead(reply.statusCode ?? 502, downstreamHeaders(reply.headers, visit));
      pipeline(reply, response, () => {});
    });
    outgoing.once("upgrade", (reply, upstream, firstBytes) => {
      isSettled = true;
      upstream.setTimeout(read_timeout, () => upstream.destroy());
      upstream.write(handshake.head);
      handshake.socket.setTimeout(0);
      response.detachSocket(handshake.socket);
      response.statusCode = 101;
      handshake.socket.write(switching(downstreamHeaders(reply.headers, visit)));
      handshake.socket.write(firstBytes);
      join(handshake.socket, upstream);
    });
    outgoing.end();
  };
};

const openHandshake = (
  origin: string,
  { request, visit, path, pathAndQuery }: Admitted,
  connectTimeoutMs: number,
): ClientRequest => {
  const { host, hostname, port } = new URL(origin);
  const headers = upstreamHeaders(request, visit, { host, path });
  return openRequest({
    ...{ hostname, port, path: pathAndQuery, agent: false, timeout: connectTimeoutMs },
    headers: { ...headers, connection: "Upgrade", upgrade: "websocket" },
  });
};

/** The head of the response that begins a WebSocket. */
const switching = (headers: Headers): string => {
  const lines = Object.entries({ ...headers, connection: "Upgrade", upgrade: "websocket" }).flatMap(
    ([name, values]) => [values ?? []].flat().map((value) => `${name}: ${value}`),
  );
  return `${["HTTP/1.1 101 Switching Protocols", ...lines].join("\r\n")}\r\n\r\n`;
};

/** Passes bytes both ways. A reset on one side ends the other; an orderly end lets it finish. */
const join = (client: Duplex, upstream: Duplex): void => {
  for (const [from, to] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    from.on("error", () => to.destroy());
    from.once("close", () => (from.readableEnded ? to.end() : to.destroy()));
    from.pipe(to);
  }
  if (client.destroyed) upstream.destroy();
};
