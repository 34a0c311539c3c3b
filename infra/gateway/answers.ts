import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { GATEWAY, type Visit } from "./visit.ts";

type Headers = Readonly<Record<string, string>>;

/** What the gateway answers itself, in Kong's words. */
export type Refusal = {
  readonly status: number;
  readonly message: string;
  readonly headers?: Headers;
};

/** Refuses a request in Kong's form. */
export const refuse = (response: ServerResponse, refusal: Refusal, visit?: Visit): void => {
  const body = bodyOf(refusal, visit);
  response.writeHead(refusal.status, headersOf(refusal, body, visit));
  response.end(body);
};

/** Refuses a request that asked for a WebSocket. */
export const refuseSocket = (socket: Duplex, refusal: Refusal, visit?: Visit): void => {
  const body = bodyOf(refusal, visit);
  const headers = { ...headersOf(refusal, body, visit), Connection: "close" };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const first = `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? "Error"}`;
  socket.end(`${[first, ...lines].join("\r\n")}\r\n\r\n${body}`);
};

const bodyOf = ({ message }: Refusal, visit: Visit | undefined): string =>
  JSON.stringify({ message, ...(visit === undefined ? {} : { request_id: visit.id }) });

const headersOf = (refusal: Refusal, body: string, visit: Visit | undefined): Headers => ({
  ...visit?.downstream,
  ...refusal.headers,
  ...(visit === undefined ? {} : { "X-Kong-Request-Id": visit.id }),
  "Content-Type": "application/json; charset=utf-8",
  "Content-Length": String(Buffer.byteLength(body)),
  // the rest of a body that is too large is not worth reading
  ...(refusal.status === 413 ? { Connection: "close" } : {}),
  Server: GATEWAY,
});

/** Notes that the service answered, and adds to its headers what the gateway has to say. */
export const stampAnswer = (answer: IncomingMessage, visit: Visit): void => {
  const now = performance.now();
  const sentMs = visit.sentMs ?? now;
  visit.source = "service";
  visit.upstreamMs = now - sentMs;
  // these speak of the connection between the gateway and the service
  for (const name of ["connection", "keep-alive"])
    if (answer.statusCode !== 101) delete answer.headers[name];
  // Node keeps these in lower case: ours replace the service's of the same name.
  for (const [name, value] of Object.entries(visit.downstream))
    answer.headers[name.toLowerCase()] = value;
  Object.assign(answer.headers, {
    "x-kong-upstream-latency": String(Math.round(visit.upstreamMs)),
    "x-kong-proxy-latency": String(Math.round(sentMs - visit.begunMs)),
    "x-kong-request-id": visit.id,
    via: `1.1 ${GATEWAY}`,
  });
};
