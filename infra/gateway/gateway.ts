import { createServer, IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Socket } from "node:net";
import { compile } from "@fastify/proxy-addr";
import type { Registry } from "prom-client";
import type { Health } from "../../layers/platform/health.ts";
import { createIntroduction, createKeyCheck, createRateCheck } from "./admit.ts";
import { type Refusal, refuse, respondOn } from "./answers.ts";
import { type Balancer, createBalancer, fixedTarget, type Locate } from "./balancer.ts";
import { createForwarder, type Forwarder } from "./forward.ts";
import { createGatewayMetrics } from "./gateway-metrics.ts";
import type { KongFile } from "./kong-file.ts";
import { keysOf } from "./plugins/key-auth.ts";
import { createRouteTable } from "./route-table.ts";
import { type Deps, serve } from "./serve.ts";
import { watchConnections } from "./traffic.ts";
import { createTunnel, type Tunnel } from "./tunnel.ts";
import { beginVisit, type Handshake } from "./visit.ts";

/** A running gateway. */
export type Gateway = {
  readonly port: number;
  readonly registry: Registry;
  /**
   * `ok` for every upstream that can serve; an upstream whose targets are still starting cannot.
   */
  readonly upstreams: () => Health;
  readonly close: () => Promise<void>;
};

/** nginx reads a request's head into four buffers of eight KiB. */
const MAX_HEADER_BYTES = 32 * 1_024;

const SERVER_OPTIONS = {
  maxHeaderSize: MAX_HEADER_BYTES,
  // the gateway refuses a request without Host itself, with its own headers
  requireHostHeader: false,
  headersTimeout: 5_000,
  requestTimeout: 15_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 1_000,
};

/** Enforces `kong.yml` on a port of the loopback address; 0 takes any free port. */
export const startGateway = async (options: {
  readonly file: KongFile;
  readonly port: number;
  readonly locate: Locate;
  /** Networks (CIDR) of the proxies whose `X-Forwarded-For` is trusted; none by default. */
  readonly trustedProxies?: readonly string[];
}): Promise<Gateway> => {
  const parts = compose(options.file, options.locate, options.trustedProxies ?? []);
  const server = createServer({
    ...SERVER_OPTIONS,
    shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === "websocket",
  });
  const connections = watchConnections(server);
  const metrics = createGatewayMetrics({ health: parts.health, connections: connections.counts });
  listenOn(server, { ...parts, metrics });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, "127.0.0.1", resolve);
  });
  const address = server.address();
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    connections.destroyAll();
    await parts.close();
    await closed;
  };
  const port = typeof address === "object" && address ? address.port : options.port;
  return { port, registry: metrics.registry, upstreams: parts.upstreams, close };
};

const compose = (file: KongFile, locate: Locate, trustedProxies: readonly string[]) => {
  const balancers = new Map<string, Balancer>(
    file.upstreams.map((upstream) => [upstream.name, createBalancer(upstream, locate)]),
  );
  const forwarders = new Map<string, Forwarder>();
  const tunnels = new Map<string, Tunnel>();
  for (const service of file.services) {
    const host = service.url.replace("http://", "");
    const balancer = balancers.get(host) ?? fixedTarget(host, locate);
    forwarders.set(service.name, createForwarder(service, balancer));
    tunnels.set(service.name, createTunnel(service, balancer));
  }
  return {
    ...{ forwarders, tunnels },
    trust: compile([...trustedProxies]),
    routeOf: createRouteTable(file),
    introduce: createIntroduction(file),
    checkKey: createKeyCheck(keysOf(file)),
    checkRate: createRateCheck(),
    health: () =>
      [...balancers].flatMap(([upstream, balancer]) =>
        balancer
          .health()
          .map(({ target, healthy }) => ({ upstream, target: target.name, healthy })),
      ),
    upstreams: (): Health =>
      Object.fromEntries(
        [...balancers].map(([upstream, balancer]) => [
          upstream,
          balancer.isReady() ? "ok" : "failing",
        ]),
      ),
    close: async () => {
      for (const balancer of balancers.values()) balancer.stop();
      await Promise.all([...forwarders.values()].map((forwarder) => forwarder.close()));
    },
  };
};

/** The events by which Node passes on a request, or bytes that are not a valid request. */
const listenOn = (server: Server, deps: Deps): void => {
  const take = (request: IncomingMessage, response: ServerResponse, handshake?: Handshake): void =>
    void serve(deps, { request, response, handshake }).catch(() => response.destroy());

  for (const event of ["request", "checkExpectation"])
    server.on(event, (request: IncomingMessage, response: ServerResponse) =>
      take(request, response),
    );
  server.on("upgrade", (request, socket, head) => {
    const response = respondOn(socket, request);
    if (response !== undefined) take(request, response, { socket: request.socket, head });
  });
  server.on("connect", (request: IncomingMessage, socket) => {
    const response = respondOn(socket, request);
    if (response !== undefined) take(request, response);
  });
  server.on("clientError", (error, socket) => {
    const refusal = refusalOf(error);
    if (refusal === undefined || !(socket instanceof Socket)) return void socket.destroy();
    const request = new IncomingMessage(socket);
    const response = respondOn(socket, request);
    if (response === undefined) return;
    const visit = beginVisit(socket.remoteAddress ?? "");
    deps.introduce(visit, request);
    refuse(response, refusal, visit);
  });
};

/** The response of nginx to bytes that are not a request; none when the caller has disconnected. */
const refusalOf = (error: Error): Refusal | undefined => {
  const code = "code" in error ? String(error.code) : "";
  if (code === "ECONNRESET" || code === "EPIPE") return undefined;
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return { status: 408, message: "Request timeout" };
  if (code === "HPE_HEADER_OVERFLOW")
    return { status: 400, message: "Request header or cookie too large" };
  if (code === "HPE_INVALID_TRANSFER_ENCODING")
    return { status: 501, message: "The upstream server responded with 501" };
  return { status: 400, message: "Bad request" };
};
