import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { PROBLEM_TYPE, Problem, problemBody } from "../../../layers/http/problem.ts";
import { parseObject } from "../protocol/cable.ts";
import { UNAVAILABLE } from "./connect.ts";
import type { SocketResult } from "./socket-event.ts";

/** Sent with every response: the name of this process, and the id that follows the request. */
export type ResponseIds = { readonly instance: string; readonly correlationId: string };

export const NOT_FOUND = new Problem({
  ...{ status: 404, code: "not_found", detail: "There is no such route on this service." },
});
export const NOT_OPEN = new Problem(UNAVAILABLE);

/** The problem of a handshake that the connect handler refused. */
export const problemOf = ({ statusCode, body }: SocketResult): Problem => {
  const { code, detail } = parseObject(body ?? "") ?? {};
  return typeof code === "string" && typeof detail === "string"
    ? new Problem({ status: statusCode, code, detail })
    : new Problem({
        ...{ status: 500, code: "internal_error", detail: "An unexpected error occurred." },
      });
};

/** Refuses a handshake with a problem, and closes the connection. */
export const refuseUpgrade = (socket: Duplex, problem: Problem, ids: ResponseIds): void => {
  const { status } = problem;
  const body = problemBody(problem, ids.correlationId);
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
