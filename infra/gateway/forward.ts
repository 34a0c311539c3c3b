import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream";
import { Agent, type Dispatcher } from "undici";
import { type Refusal, refuse } from "./answers.ts";
import type { Balancer, Fault, Target } from "./balancer.ts";
import { downstreamHeaders, upstreamHeaders } from "./headers.ts";
import type { Service } from "./kong-file.ts";
import type { Visit } from "./visit.ts";

// undici is used directly and not through @fastify/reply-from, which re-encodes JSON bodies, rewrites
// content types, and lets a caller remove `authorization` by naming it in `Connection`.

export const NO_PEER: Refusal = {
  status: 503,
  message: "failure to get a peer from the ring-balancer",
};
export const BROKEN: Refusal = {
  status: 502,
  message: "An invalid response was received from the upstream server",
};
export const SILENT: Refusal = { status: 504, message: "The upstream server is timing out" };

const CONNECTIONS_MAX = 512;
const NONE: ReadonlySet<Target> = new Set();

/** A request that was admitted, with its whole body. */
export type Admitted = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly visit: Visit;
  readonly path: string;
  readonly pathAndQuery: string;
};

/** Sends requests to the targets of one service. */
export type Forwarder = {
  readonly send: (call: Admitted & { readonly body: Buffer }) => Promise<void>;
  readonly close: () => Promise<void>;
};

/**
 * A request goes to another target when its connection broke before a response began, whatever its
 * method, up to `retries` times; a request that timed out is never sent again. Kong does the same with
 * `proxy_next_upstream error non_idempotent`.
 */
export const createForwarder = (service: Service, balancer: Balancer): Forwarder => {
  const agent = new Agent({
    connections: CONNECTIONS_MAX,
    connect: { timeout: service.connect_timeout },
    headersTimeout: service.read_timeout,
    bodyTimeout: service.read_timeout,
  });
  const send: Forwarder["send"] = async (call) => {
    const gone = new AbortController();
    call.response.once("close", () => gone.abort());
    const tried = new Set<Target>();
    for (let attempt = 0; attempt <= service.retries; attempt += 1) {
      const target = balancer.next(tried) ?? balancer.next(NONE);
      if (target === undefined) return refuse(call.response, NO_PEER, call.visit);
      tried.add(target);
      call.visit.sentMs ??= performance.now();
      const received = await exchange(agent, target, call, gone.signal);
      if (typeof received !== "string") return passOn(received, call);
      if (gone.signal.aborted) return;
      balancer.report(target, received);
      if (received === "timeout") return refuse(call.response, SILENT, call.visit);
    }
    refuse(call.response, BROKEN, call.visit);
  };
  return { send, close: () => agent.destroy() };
};

const exchange = async (
  agent: Agent,
  { origin }: Target,
  { request, visit, path, pathAndQuery, body }: Admitted & { readonly body: Buffer },
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData | Fault> => {
  const { host } = new URL(origin);
  try {
    return await agent.request({
      ...{ origin, path: pathAndQuery, signal },
      method: request.method ?? "GET",
      headers: upstreamHeaders(request, visit, { host, path }),
      body: body.length === 0 ? null : body,
    });
  } catch (error) {
    return faultOf(error);
  }
};

/** A response that breaks off half way also breaks off towards the caller. */
const passOn = (received: Dispatcher.ResponseData, { response, visit }: Admitted): void => {
  response.writeHead(received.statusCode, downstreamHeaders(received.headers, visit));
  pipeline(received.body, response, () => {});
};

const TIMEOUTS = new Set(["UND_ERR_CONNECT_TIMEOUT", "UND_ERR_HEADERS_TIMEOUT"]);

/** A connection that broke, or that was not made, or not used, in time. */
const faultOf = (error: unknown): Fault =>
  error instanceof Error && "code" in error && TIMEOUTS.has(String(error.code)) ? "timeout" : "tcp";
