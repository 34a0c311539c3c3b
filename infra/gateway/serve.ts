import type { IncomingMessage, ServerResponse } from "node:http";
import proxyAddr from "@fastify/proxy-addr";
import {
  bytesMax,
  checkSyntax,
  type createIntroduction,
  type createKeyCheck,
  type createRateCheck,
  TOO_LARGE,
} from "./admit.ts";
import { type Refusal, refuse } from "./answers.ts";
import type { Admitted, Forwarder } from "./forward.ts";
import type { GatewayMetrics } from "./gateway-metrics.ts";
import type { PluginConfig } from "./kong-file.ts";
import { isPreflight, preflightHeaders } from "./plugins/cors.ts";
import { readBody } from "./request-body.ts";
import { normaliseTarget } from "./request-path.ts";
import type { Route, RouteTable } from "./route-table.ts";
import { traceVisit } from "./trace-visit.ts";
import { exchangeOf } from "./traffic.ts";
import type { Tunnel } from "./tunnel.ts";
import { beginVisit, type Handshake, type Visit } from "./visit.ts";

export type Deps = {
  readonly trust: (address: string, hop: number) => boolean;
  readonly routeOf: RouteTable;
  readonly introduce: ReturnType<typeof createIntroduction>;
  readonly checkKey: ReturnType<typeof createKeyCheck>;
  readonly checkRate: ReturnType<typeof createRateCheck>;
  readonly forwarders: ReadonlyMap<string, Forwarder>;
  readonly tunnels: ReadonlyMap<string, Tunnel>;
  readonly metrics: GatewayMetrics;
};

type Call = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly handshake: Handshake | undefined;
};

const NO_ROUTE: Refusal = { status: 404, message: "no Route matched with those values" };
const NO_BODY = Buffer.alloc(0);
const BAD_REQUEST: Refusal = { status: 400, message: "Bad request" };

/** Serves a request or a WebSocket handshake, with the plugins in Kong's order. */
export const serve = async (deps: Deps, call: Call): Promise<void> => {
  const { request, response, handshake } = call;
  const visit = beginVisit(callerAddress(request, deps), handshake);
  observe(deps, call, visit);
  deps.introduce(visit, request);
  const fault = checkSyntax(request);
  if (fault !== undefined) return refuse(response, fault, visit);
  const target = normaliseTarget(request.url ?? "");
  if (target === undefined) return refuse(response, BAD_REQUEST, visit);
  const route = deps.routeOf(target.path);
  if (route === undefined) return refuse(response, NO_ROUTE, visit);
  visit.route = route;
  traceVisit(route, request, response);
  const cors = route.plugin("cors");
  if (cors !== undefined && isPreflight(request))
    return answerPreflight(response, cors, request, visit);
  await pass(deps, route, { request, response, visit, ...target });
};

/** The peer, or the address that trusted proxies report in `X-Forwarded-For`. */
const callerAddress = (request: IncomingMessage, { trust }: Deps): string =>
  (request.socket.remoteAddress === undefined ? "" : proxyAddr(request, trust)).replace(
    /^::ffff:/,
    "",
  );

const observe = ({ metrics }: Deps, { request, response, handshake }: Call, visit: Visit): void => {
  const { socket } = request;
  const finished = handshake?.socket ?? response;
  finished.once("close", () => {
    if (visit.route?.plugin("prometheus") !== undefined)
      metrics.observe(exchangeOf(visit, response.statusCode, socket));
  });
};

const answerPreflight = (
  response: ServerResponse,
  cors: PluginConfig<"cors">,
  { headers }: IncomingMessage,
  { downstream }: Visit,
): void => {
  const { "Access-Control-Expose-Headers": _, ...kept } = downstream;
  response.writeHead(200, {
    ...kept,
    ...preflightHeaders(cors, headers.origin),
    "Content-Length": "0",
  });
  response.end();
};

/** Checks key, size and rate, in Kong's order, and passes the request to its service. */
const pass = async (deps: Deps, route: Route, call: Admitted): Promise<void> => {
  const { request, response, visit } = call;
  const { handshake } = visit;
  const unknown = deps.checkKey(visit, route, request);
  if (unknown !== undefined) return refuse(response, unknown, visit);
  const body = handshake === undefined ? await readBody(request, bytesMax(route)) : NO_BODY;
  if (body === "broken") return void response.destroy();
  if (body === "too_large") return refuse(response, TOO_LARGE, visit);
  const excess = await deps.checkRate(visit, route);
  if (excess !== undefined) return refuse(response, excess, visit);
  const { name } = route.service;
  if (handshake === undefined) await deps.forwarders.get(name)?.send({ ...call, body });
  else deps.tunnels.get(name)?.({ ...call, handshake });
};
