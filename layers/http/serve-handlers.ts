import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { Context } from "aws-lambda";
import findMyWay from "find-my-way";
import { parseRequestTarget, type RequestTarget } from "../platform/request-target.ts";
import type { Contract } from "./contract.ts";
import type { HttpEvent, HttpResult } from "./http-event.ts";
import { BODY_BYTES_MAX } from "./json.ts";

/** A route and the Lambda handler that implements its contract. */
type ServedRoute = {
  readonly contract: Pick<Contract, "method" | "path">;
  readonly handler: (event: HttpEvent, context: Context) => Promise<HttpResult>;
};

/**
 * Serves Lambda handlers from the HTTP server of a long-running process, with CORS. Requests that
 * match no route go to `unknownRoute`. The listener never throws, whatever the request line is.
 */
export const serveHandlers = (
  routes: readonly ServedRoute[],
  unknownRoute: ServedRoute["handler"],
): RequestListener => {
  const router = createRouter(routes);
  const methods = [...new Set(routes.map(({ contract }) => contract.method))];
  return (request, response) => {
    const target = parseRequestTarget(request.url);
    const { method = "" } = request;
    if (method === "OPTIONS") {
      const allowed = methods.filter((name) => router.find(name, target.path) !== null);
      if (allowed.length > 0) {
        response.writeHead(204, preflightHeaders(allowed)).end();
        return;
      }
    }
    const match = methods.find((name) => name === method);
    const found = match === undefined ? null : router.find(match, target.path);
    if (found === null) serve(unknownRoute, { request, response, target, params: {} });
    else found.handler(request, response, found.params, null, {});
  };
};

const createRouter = (routes: readonly ServedRoute[]) => {
  const router = findMyWay();
  for (const { contract, handler } of routes) {
    const path = contract.path.replaceAll(/\{(\w+)\}/g, ":$1");
    router.on(contract.method, path, (request, response, params) =>
      serve(handler, { request, response, params, target: parseRequestTarget(request.url) }),
    );
  }
  return router;
};

type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly target: RequestTarget;
  readonly params: Readonly<Record<string, string | undefined>>;
};

const serve = (handler: ServedRoute["handler"], exchange: Exchange): void => {
  callHandler(handler, exchange).catch(() => exchange.response.destroy());
};

const callHandler = async (
  handler: ServedRoute["handler"],
  { request, response, target, params }: Exchange,
): Promise<void> => {
  const body = await readBody(request);
  const event = { ...eventOf(request, target), pathParameters: { ...params } };
  const sent = body.length === 0 ? {} : { body: body.toString("base64"), isBase64Encoded: true };
  const result = await handler({ ...event, ...sent }, {} as Context);
  const headers = { ...result.headers, ...CORS_HEADERS } as Record<string, string>;
  response.writeHead(result.statusCode ?? 200, headers);
  if (result.stream !== undefined) await pipeline(result.stream, response);
  else response.end(result.body, result.isBase64Encoded ? "base64" : "utf8");
};

/**
 * Keeps at most one chunk more than a body may have, which is enough for the handler to refuse it.
 */
const readBody = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (size <= BODY_BYTES_MAX) chunks.push(chunk);
    size += chunk.length;
  }
  return Buffer.concat(chunks);
};

const eventOf = (request: IncomingMessage, { path, query }: RequestTarget): HttpEvent => {
  const method = request.method ?? "GET";
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: path,
    rawQueryString: query,
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    ),
    requestContext: {
      http: {
        ...{ method, path, protocol: "HTTP/1.1" },
        sourceIp: request.socket.remoteAddress ?? "",
        userAgent: request.headers["user-agent"] ?? "",
      },
      ...{ accountId: "", apiId: "", domainName: "", domainPrefix: "", requestId: "" },
      ...{ routeKey: "$default", stage: "$default", time: "", timeEpoch: 0 },
    },
    isBase64Encoded: false,
  };
};

/**
 * Cross-origin headers (Fetch standard, section 3.2) for a server that pages call directly, without
 * the gateway. Every origin is allowed: access needs a bearer token, which a page of another origin
 * cannot read, and cookies are never accepted.
 */
const CORS_HEADERS: Readonly<Record<string, string>> = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers":
    "Content-Disposition,Repr-Digest,Retry-After,X-Correlation-Id,X-Instance",
};

const ALLOWED_HEADERS =
  "Accept,Authorization,Content-Type,Want-Repr-Digest,X-Correlation-Id,apikey";
const MAX_AGE_SECONDS = 600;

/** The headers that answer a preflight request for a path with these methods. */
const preflightHeaders = (methods: readonly string[]): Readonly<Record<string, string>> => ({
  ...CORS_HEADERS,
  "access-control-allow-methods": methods.join(","),
  "access-control-allow-headers": ALLOWED_HEADERS,
  "access-control-max-age": String(MAX_AGE_SECONDS),
});
