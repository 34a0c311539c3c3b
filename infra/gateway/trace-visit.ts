import type { IncomingMessage, ServerResponse } from "node:http";
import { beginStep, isTracing } from "../../layers/platform/tracing/tracing.ts";
import type { Route } from "./route-table.ts";

/**
 * Makes a request a step of its caller's trace, or the first step of a new trace, and passes the
 * context to the service.
 */
export const traceVisit = (
  route: Route,
  request: IncomingMessage,
  response: ServerResponse,
): void => {
  if (!isTracing()) return;
  const { headers, method = "" } = request;
  const sent = headers["traceparent"];
  const step = beginStep({
    name: `${method} ${route.name}`,
    kind: "server",
    parent: typeof sent === "string" ? sent : undefined,
    attributes: { "http.request.method": method, "kong.service.name": route.service.name },
  });
  headers["traceparent"] = step.traceparent;
  response.once("close", () => {
    const { statusCode, writableFinished } = response;
    step.end({
      failed: statusCode >= 500 || !writableFinished,
      attributes: { "http.response.status_code": statusCode },
    });
  });
};
