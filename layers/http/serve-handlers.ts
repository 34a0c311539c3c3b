import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Context } from "aws-lambda";
import type { Contract } from "./contract.ts";
import type { HttpEvent, HttpResult } from "./http-event.ts";
import { BODY_BYTES_MAX } from "./json.ts";

/** A route and the Lambda handler that keeps its contract. */
export type ServedRoute = {
  readonly contract: Pick<Contract, "method" | "path">;
  readonly handler: (event: HttpEvent, context: Context) => Promise<HttpResult>;
};

/**
 * Answers requests with Lambda handlers, for a process that has an HTTP server of its own. What no
 * route is for goes to the last handler.
 */
export const serveHandlers = (
  routes: readonly ServedRoute[],
  otherwise: ServedRoute["handler"],
): RequestListener => {
  const compiled = routes.map((route) => ({ ...route, pattern: patternOf(route.contract.path) }));
  return (request, response) => {
    const { pathname, search } = new URL(request.url ?? "/", "http://localhost");
    const found = compiled.find(
      ({ contract, pattern }) => contract.method === request.method && pattern.test(pathname),
    );
    const params = found?.pattern.exec(pathname)?.groups ?? {};
    answer(request, response, {
      handler: found?.handler ?? otherwise,
      event: { ...eventOf(request, pathname, search), pathParameters: { ...params } },
    }).catch(() => response.destroy());
  };
};

/** `/instruments/{symbol}/book` as a pattern with a named group for each parameter. */
const patternOf = (path: string): RegExp =>
  new RegExp(`^${path.replaceAll(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`);

const answer = async (
  request: IncomingMessage,
  response: ServerResponse,
  { handler, event }: { readonly handler: ServedRoute["handler"]; readonly event: HttpEvent },
): Promise<void> => {
  const body = await readBody(request);
  const sent = body.length === 0 ? {} : { body: body.toString("base64"), isBase64Encoded: true };
  const result = await handler({ ...event, ...sent }, {} as Context);
  response.writeHead(result.statusCode ?? 200, result.headers as Record<string, string>);
  response.end(result.body);
};

/** One byte more than a body may have is enough for the handler to refuse it. */
const readBody = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (size <= BODY_BYTES_MAX) chunks.push(chunk);
    size += chunk.length;
  }
  return Buffer.concat(chunks);
};

const eventOf = (request: IncomingMessage, path: string, search: string): HttpEvent => {
  const method = request.method ?? "GET";
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: path,
    rawQueryString: search.slice(1),
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
