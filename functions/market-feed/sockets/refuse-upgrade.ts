import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { PROBLEM_TYPE, Problem, problemBody } from "../../../layers/http/problem.ts";

/** Sent with every response: the name of this process, and the id that follows the request. */
export type ResponseIds = { readonly instance: string; readonly correlationId: string };

/** Refuses a handshake with a problem, and closes the connection. */
export const refuseUpgrade = (socket: Duplex, status: number, ids: ResponseIds): void => {
  const body = problemBody(problemOf(status), ids.correlationId);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Error"}`,
    "Connection: close",
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Instance: ${ids.instance}`,
    `X-Correlation-Id: ${ids.correlationId}`,
    ...(status === 503 || status === 429 ? ["Retry-After: 1"] : []),
    ...(status === 401 ? ["WWW-Authenticate: Bearer"] : []),
  ];
  socket.once("finish", () => socket.destroy());
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
};

const REFUSALS: Readonly<Record<number, { readonly code: string; readonly detail: string }>> = {
  400: { code: "unsupported_protocol", detail: "The sub-protocol is actioncable-v1-json." },
  401: { code: "unauthorized", detail: "A valid token or ticket is required." },
  403: { code: "origin_not_allowed", detail: "Pages of this origin may not connect." },
  404: { code: "not_found", detail: "There is no such route on this service." },
  429: { code: "too_many_connections", detail: "You have as many connections as a client may." },
  503: { code: "unavailable", detail: "The feed cannot take a connection at the moment." },
};

const problemOf = (status: number): Problem =>
  new Problem({
    status,
    ...(REFUSALS[status] ?? {
      code: "internal_error",
      detail: "An unexpected error occurred.",
    }),
  });
