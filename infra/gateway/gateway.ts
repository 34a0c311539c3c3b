import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Registry } from "prom-client";
import type { Health } from "../../layers/platform/health.ts";
import { bytesMax, correlate, createAdmission, TOO_LARGE } from "./admit.ts";
import { type Refusal, refuse, refuseSocket } from "./answers.ts";
import { type Balancer, createBalancer, fixedTarget, type Locate } from "./balancer.ts";
import { corsHeaders, isPreflight, preflightHeaders } from "./cors.ts";
import { createForwarder, type Forwarder } from "./forward.ts";
import { createGatewayMetrics, type GatewayMetrics } from "./gateway-metrics.ts";
import { keysOf } from "./key-auth.ts";
import type { KongFile, PluginConfig } from "./kong-file.ts";
import { readBody } from "./request-body.ts";
import { createRouteTable, type Route } from "./route-table.ts";
import { traceVisit } from "./trace-visit.ts";
import { exchangeOf, watchConnections } from "./traffic.ts";
import { createTunnel, type Tunnel } from "./tunnel.ts";
import { beginVisit, introduce, type Visit } from "./visit.ts";

/** A running gateway. */
export type Gateway = {
  readonly port: number;
  readonly registry: Registry;
  /** `ok` for every upstream that can serve; one that only starts cannot. */
  readonly upstreams: () => Health;
  readonly close: () => Promise<void>;
};

const PATIENCE = { headersTimeout: 5_000, requestTimeout: 15_000, keepAliveTimeout: 65_000 };

const NO_ROUTE: Refusal = { status: 404, message: "no Route matched with those values" };
const BAD_REQUEST: Refusal = { status: 400, message: "Bad request" };

/** Does what `kong.yml` says, on a port of the loopback address; 0 takes any free one. */
export const startGateway = async (options: {
  readonly file: KongFile;
  readonly port: number;
  readonly locate: Locate;
}): Promise<Gateway> => {
  const parts = compose(options.file, options.locate);
  const server = createServer({
    ...PATIENCE,
    shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === "websocket",
  });
  const connections = watchConnections(server);
  const metrics = createGatewayMetrics({ health: parts.health, connections: connections.counts });
  const deps = { ...parts, metrics };
  server.on("request", (request, response) => {
    serve(deps, request, response).catch(() => response.destroy());
  });
  server.on("upgrade", (request, socket, head) => {
    upgrade(deps, request, socket, head).catch(() => socket.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, "127.0.0.1", resolve);
  });
  const address = server.address();
  const close = async (): Promise<void> => {
    parts.close();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    connections.destroyAll();
    await closed;
  };
  const port = typeof address === "object" && address ? address.port : options.port;
  return { port, registry: metrics.registry, upstreams: parts.upstreams, close };
};

const compose = (file: KongFile, locate: Locate) => {
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
    routeOf: createRouteTable(file),
    admit: createAdmission(keysOf(file)),
    health: () =>
      [...balancers].flatMap(([upstream, balancer]) =>
        balancer
          .health()
          .map(({ target, healthy }) => ({ upstream, target: target.name, healthy })),
      ),
    upstreams: () =>
      Object.fromEntries(
        [...balancers].map(
          ([upstream, balancer]) => [upstream, balancer.isReady() ? "ok" : "failing"] as const,
        ),
      ),
    close: () => {
      for (const balancer of balancers.values()) balancer.stop();
      for (const forwarder of forwarders.values()) forwarder.close();
    },
  };
};

type Deps = ReturnType<typeof compose> & { readonly metrics: GatewayMetrics };

/** The path as it is routed and passed on: dots resolved, so that a prefix means what it says. */
const pathOf = (request: IncomingMessage): string | undefined => {
  try {
    const url = new URL((request.url ?? "").replace(/^\/+/, "/"), "http://gateway");
    request.url = url.pathname + url.search;
    return url.pathname;
  } catch {
    return undefined;
  }
};

const serve = async (
  deps: Deps,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const path = pathOf(request);
  if (path === undefined) return refuse(response, BAD_REQUEST);
  const route = deps.routeOf(path);
  if (route === undefined) return refuse(response, NO_ROUTE);
  const visit = beginVisit(route);
  const { socket } = request;
  if (route.plugin("prometheus") !== undefined)
    response.once("close", () =>
      deps.metrics.observe(exchangeOf(visit, response.statusCode, socket)),
    );
  traceVisit(route, request, response);
  correlate(visit, request);
  const cors = route.plugin("cors");
  if (cors !== undefined && isPreflight(request)) return answerPreflight(response, cors, request);
  if (cors !== undefined)
    Object.assign(visit.downstream, corsHeaders(cors, request.headers.origin));
  const refusal = await deps.admit(visit, request);
  if (refusal !== undefined) return refuse(response, refusal, visit);
  await pass(deps, { request, response, visit, route, path });
};

const answerPreflight = (
  response: ServerResponse,
  cors: PluginConfig<"cors">,
  request: IncomingMessage,
): void => {
  response.writeHead(200, {
    ...preflightHeaders(cors, request.headers.origin),
    "Content-Length": "0",
  });
  response.end();
};

/** Carries an admitted request to its service. */
const pass = async (
  { forwarders }: Deps,
  call: {
    readonly request: IncomingMessage;
    readonly response: ServerResponse;
    readonly visit: Visit;
    readonly route: Route;
    readonly path: string;
  },
): Promise<void> => {
  const { request, response, visit, route, path } = call;
  const body = await readBody(request, bytesMax(route));
  if (body === "broken") return void response.destroy();
  if (body === "too_large") return refuse(response, TOO_LARGE, visit);
  introduce(request, visit, path);
  frame(request, body);
  forwarders.get(route.service.name)?.send(request, response, body, visit, (failure) => {
    visit.source = "error";
    refuse(response, failure, visit);
  });
};

/** A body leaves in one piece, whatever pieces it came in. */
const frame = ({ headers, method }: IncomingMessage, body: Buffer): void => {
  delete headers["transfer-encoding"];
  delete headers["content-length"];
  if (body.length > 0 || method === "POST") headers["content-length"] = String(body.length);
};

const upgrade = async (
  deps: Deps,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> => {
  socket.on("error", () => socket.destroy());
  const path = pathOf(request);
  const route = path === undefined ? undefined : deps.routeOf(path);
  if (path === undefined || route === undefined || !(socket instanceof Socket))
    return refuseSocket(socket, NO_ROUTE);
  const visit = beginVisit(route);
  let status = 0;
  if (route.plugin("prometheus") !== undefined)
    socket.once("close", () => deps.metrics.observe(exchangeOf(visit, status, socket)));
  correlate(visit, request);
  const refusal = await deps.admit(visit, request);
  if (refusal !== undefined) {
    status = refusal.status;
    return refuseSocket(socket, refusal, visit);
  }
  introduce(request, visit, path);
  deps.tunnels.get(route.service.name)?.(request, socket, head, visit, (answered) => {
    status = answered;
  });
};
