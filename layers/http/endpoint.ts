import { Readable } from "node:stream";
import middy from "@middy/core";
import type { Context } from "aws-lambda";
import type { z } from "zod";
import type { ClientId } from "../domain/identifiers.ts";
import type { Clock } from "../platform/clock.ts";
import { correlationIdOf } from "../platform/correlation.ts";
import type { NewId } from "../platform/ids.ts";
import type { Logger } from "../platform/logger.ts";
import type { Metrics } from "../platform/metrics.ts";
import { callerAddress, type Proxies } from "./address.ts";
import { type Authenticate, bearerOf, type Caller, permit } from "./authenticate.ts";
import type { Contract } from "./contract.ts";
import type { HttpEvent, HttpResult } from "./http-event.ts";
import { PROBLEM_TYPE, problemBody, unavailable } from "./problem.ts";
import { readRequest } from "./request.ts";
import { toProblem } from "./to-problem.ts";
import { runTraced, traceCalls } from "./trace-calls.ts";

/** The dependencies of an endpoint. */
type EndpointRuntime = {
  readonly config: { readonly instance: string };
  readonly proxies: Proxies;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly authenticate: Authenticate;
  readonly clock: Clock;
  readonly newId: NewId;
  /** Awaited before the answer is sent. */
  readonly beforeAnswer?: () => Promise<void>;
};

/** A validated request of an authenticated caller. */
export type Call<Params, Query, Body> = Caller & {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The method that was sent: a GET route also receives HEAD requests. */
  readonly method: string;
  readonly correlationId: string;
  /** The caller's network address, as the gateway or the socket reports it. */
  readonly address: string;
};

export type Answer = {
  readonly status: number;
  /** Bytes, streams and text are sent as they are; any other value as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

/** The time within which a handler answers by default. */
const DEADLINE_MS = 10_000;

/**
 * Makes a Lambda handler from a contract and a use case. The handler never throws: every error
 * becomes a problem, and every answer has `X-Instance` and `X-Correlation-Id`. It answers within
 * `deadlineMs`, or with 503; a stream must begin within that time.
 */
export const endpoint = <Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType>(
  runtime: EndpointRuntime,
  promise: Contract<Params, Query, Body>,
  use: (call: Call<z.output<Params>, z.output<Query>, z.output<Body>>) => Promise<Answer>,
  { deadlineMs = DEADLINE_MS }: { readonly deadlineMs?: number } = {},
) =>
  middy<HttpEvent, HttpResult, Error, Context>({ timeoutEarlyInMillis: 0 })
    .use(traceCalls(promise))
    .use(measure(runtime, promise))
    .use(identify(runtime))
    .use(explain(runtime, promise))
    .handler(async (event) => {
      const headers = headersOf(event);
      const address = callerAddress(event, runtime.proxies);
      const caller =
        promise.access === "public"
          ? ANONYMOUS
          : await runtime.authenticate(
              bearerOf(headers),
              address,
              promise.stepUp === true ? "new" : "cached",
            );
      if (promise.access !== "public") permit(promise, caller, runtime.clock());
      const request = readRequest(promise, event);
      const { method } = event.requestContext.http;
      const correlationId = correlationOf(event);
      const call = { ...caller, ...request, headers, method, correlationId, address };
      const reply = await withDeadline(
        runTraced(event, () => use(call)),
        deadlineMs,
      );
      await runtime.beforeAnswer?.();
      return respond(reply);
    });

/** API Gateway moves the cookies out of the headers. */
const headersOf = ({ headers = {}, cookies = [] }: HttpEvent): HttpEvent["headers"] =>
  cookies.length === 0 ? headers : { ...headers, cookie: cookies.join("; ") };

const ANONYMOUS: Caller = {
  ...{ client: "" as ClientId, roles: [], tokenExpiresAt: new Date(0), authTime: new Date(0) },
  ...{ credential: { kind: "session", id: "" }, scopes: [] },
};

const respond = ({ status, body, headers }: Answer): HttpResult => {
  const result = {
    statusCode: status,
    headers: { "content-type": "application/json", ...headers },
  };
  if (body === undefined) return { ...result, body: "" };
  if (body instanceof Readable) return { ...result, stream: body };
  if (Buffer.isBuffer(body))
    return { ...result, body: body.toString("base64"), isBase64Encoded: true };
  return { ...result, body: typeof body === "string" ? body : JSON.stringify(body) };
};

const withDeadline = async <T>(work: Promise<T>, deadlineMs: number): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(unavailable("The answer took too long.", 1)), deadlineMs);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
};

type Middleware = middy.MiddlewareObj<HttpEvent, HttpResult, Error, Context>;

/** The caller's correlation id when it is valid, else a new id; the same for the whole request. */
const correlationOf = (event: HttpEvent): string => event.headers["x-correlation-id"] ?? "";

const identify = ({ config, newId }: EndpointRuntime): Middleware => {
  const stamp: Middleware["after"] = ({ event, response }) => {
    if (response === null || response === undefined) return;
    response.headers = {
      ...response.headers,
      "x-instance": config.instance,
      "x-correlation-id": correlationOf(event),
      "x-content-type-options": "nosniff",
      "cache-control": response.headers?.["cache-control"] ?? "no-store",
    };
  };
  return {
    before: ({ event }) => {
      const id = correlationIdOf(event.headers?.["x-correlation-id"], newId);
      event.headers = { ...event.headers, "x-correlation-id": id };
    },
    after: stamp,
    onError: stamp,
  };
};

const explain = ({ logger, proxies }: EndpointRuntime, promise: Contract): Middleware => ({
  onError: (request) => {
    const correlationId = correlationOf(request.event);
    const problem = toProblem(request.error);
    if (problem.status >= 500)
      logger.error(
        { err: request.error, correlationId, operation: promise.operationId },
        "request failed",
      );
    if (problem.status === 401 || problem.status === 403)
      logger.warn(
        {
          ...{ problem: problem.code, correlationId, operation: promise.operationId },
          address: callerAddress(request.event, proxies),
        },
        "request refused",
      );
    request.response = {
      statusCode: problem.status,
      headers: { ...problem.headers, "content-type": PROBLEM_TYPE },
      body: problemBody(problem, correlationId),
    };
  },
});

/** Counts and times each request, and logs it at the level `debug`, without its path or body. */
const measure = ({ config, metrics, logger }: EndpointRuntime, promise: Contract): Middleware => {
  const started = new WeakMap<object, bigint>();
  const observe: Middleware["after"] = ({ event, context, response }) => {
    const labels = {
      service: config.instance,
      route: promise.path,
      method: promise.method,
      code: String(response?.statusCode ?? 500),
    };
    const begun = started.get(context) ?? process.hrtime.bigint();
    metrics.httpRequests.inc(labels);
    metrics.httpDuration.observe(labels, Number(process.hrtime.bigint() - begun) / 1e9);
    logger.debug(
      {
        operation: promise.operationId,
        status: response?.statusCode,
        correlationId: correlationOf(event),
      },
      "request answered",
    );
  };
  return {
    before: ({ context }) => {
      started.set(context, process.hrtime.bigint());
    },
    after: observe,
    onError: observe,
  };
};
