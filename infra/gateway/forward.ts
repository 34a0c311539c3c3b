import { Agent, type IncomingMessage, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { createProxyServer } from "http-proxy-3";
import { type Refusal, stampAnswer } from "./answers.ts";
import type { Balancer, Fault, Target } from "./balancer.ts";
import type { Service } from "./kong-file.ts";
import type { Visit } from "./visit.ts";

export const NO_PEER: Refusal = {
  status: 503,
  message: "failure to get a peer from the ring-balancer",
};
export const BROKEN: Refusal = {
  status: 502,
  message: "An invalid response was received from the upstream server",
};
const SILENT: Refusal = { status: 504, message: "The upstream server is timing out" };

const SOCKETS_MAX = 512;
const NONE: ReadonlySet<Target> = new Set();

/** Carries requests to the targets of one service; `fail` is told when nobody answered. */
export type Forwarder = {
  readonly send: (
    request: IncomingMessage,
    response: ServerResponse,
    body: Buffer,
    visit: Visit,
    fail: (refusal: Refusal) => void,
  ) => void;
  readonly close: () => void;
};

/**
 * A request goes to another target when its connection broke before an answer began, whatever its
 * method, up to `retries` times; one that timed out is never sent again. Kong does the same with
 * `proxy_next_upstream error non_idempotent`.
 */
export const createForwarder = (service: Service, balancer: Balancer): Forwarder => {
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS_MAX });
  const proxy = openProxy(service, agent);
  const send: Forwarder["send"] = (request, response, body, visit, fail) => {
    proxy.expect(request, visit);
    const tried = new Set<Target>();
    const attempt = (left: number): void => {
      const target = balancer.next(tried) ?? balancer.next(NONE);
      if (target === undefined) {
        fail(NO_PEER);
        return;
      }
      tried.add(target);
      const begunMs = performance.now();
      visit.sentMs ??= begunMs;
      let judged = false;
      const onError = (error: Error): void => {
        if (judged) return; // a connection can break in two ways at once
        judged = true;
        if (response.headersSent || response.destroyed) return void response.destroy();
        const fault = faultOf(error, performance.now() - begunMs >= service.read_timeout);
        balancer.report(target, fault);
        if (fault === "timeout") fail(SILENT);
        else if (left === 0) fail(BROKEN);
        else attempt(left - 1);
      };
      proxy.carry(
        request,
        response,
        { target: target.origin, buffer: Readable.from(body.length === 0 ? [] : [body]) },
        onError,
      );
    };
    attempt(service.retries);
  };
  return { send, close: () => agent.destroy() };
};

const openProxy = (service: Service, agent: Agent) => {
  const visits = new WeakMap<IncomingMessage, Visit>();
  const proxy = createProxyServer({
    agent,
    changeOrigin: true,
    connectTimeout: service.connect_timeout,
    proxyTimeout: service.read_timeout,
  });
  proxy.on("proxyRes", (answer, request, response) => {
    const visit = visits.get(request);
    if (visit !== undefined) stampAnswer(answer, visit);
    // an answer that breaks off half way must not look like a whole one
    answer.once("aborted", () => response.destroy());
  });
  return {
    expect: (request: IncomingMessage, visit: Visit) => visits.set(request, visit),
    carry: proxy.web,
  };
};

/** A connection that broke, or one that was not made, or not used, in time. */
export const faultOf = (error: Error, late: boolean): Fault =>
  late || ("code" in error && error.code === "ECONNECT_TIMEOUT") ? "timeout" : "tcp";
