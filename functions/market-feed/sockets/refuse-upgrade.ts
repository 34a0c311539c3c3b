import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { PROBLEM_TYPE, Problem, problemBody } from "../../../layers/http/problem.ts";

/** What every answer carries: which process answered, and the id that follows the request. */
export type Names = { readonly instance: string; readonly correlationId: string };

/** Answers a handshake with a problem instead of a socket, and closes the connection. */
export const refuseUpgrade = (socket: Duplex, status: number, names: Names): void => {
  const body = problemBody(problemOf(status), names.correlationId);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Error"}`,
    "Connection: close",
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Instance: ${names.instance}`,
    `X-Correlation-Id: ${names.correlationId}`,
    ...(status === 503 ? ["Retry-After: 1"] : []),
    ...(status === 401 ? ["WWW-Authenticate: Bearer"] : []),
  ];
  socket.once("finish", () => socket.destroy());
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
};

const REFUSALS: Readonly<Record<number, { readonly code: string; readonly detail: string }>> = {
  400: { code: "unsupported_protocol", detail: "This server speaks actioncable-v1-json." },
  401: { code: "unauthorized", detail: "A token is required, and must be valid." },
  403: { code: "origin_not_allowed", detail: "Pages of this origin may not connect." },
  404: { code: "not_found", detail: "There is no such thing here." },
  503: { code: "unavailable", detail: "No connection can be taken at the moment." },
};

const problemOf = (status: number): Problem =>
  new Problem({
    status,
    ...(REFUSALS[status] ?? {
      code: "internal_error",
      detail: "Something went wrong on our side.",
    }),
  });
