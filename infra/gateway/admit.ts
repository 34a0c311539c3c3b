import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { correlationIdOf } from "../../layers/platform/correlation.ts";
import type { Refusal } from "./answers.ts";
import type { KongFile, PluginConfig } from "./kong-file.ts";
import { corsHeaders } from "./plugins/cors.ts";
import { identifyConsumer, type Keys, nameConsumer } from "./plugins/key-auth.ts";
import { createRateLimiter, type RateLimiter } from "./plugins/rate-limit.ts";
import { globalPlugin, type Route } from "./route-table.ts";
import { firstOf, type Visit } from "./visit.ts";

export const TOO_LARGE: Refusal = { status: 413, message: "Request size limit exceeded" };

const KIB = 1_024;
const UNLIMITED_BYTES = 1_024 * KIB;
/** nginx reads a request line and each header into a buffer of this size. */
const LINE_BYTES_MAX = 8 * KIB;

/** The largest body on this route, in bytes. */
export const bytesMax = (route: Route): number => {
  const limit = route.plugin("request-size-limiting");
  return limit === undefined ? UNLIMITED_BYTES : limit.allowed_payload_size * KIB;
};

/** Refuses a request that nginx would not pass on, on any route. */
export const checkSyntax = (request: IncomingMessage): Refusal | undefined => {
  const { method = "", url = "", headers, rawHeaders } = request;
  if (method === "TRACE" || method === "CONNECT")
    return { status: 405, message: "Method not allowed" };
  if (headers.host === undefined && request.httpVersion === "1.1")
    return { status: 400, message: "Bad request" };
  if (method.length + url.length + " HTTP/1.1".length + 1 > LINE_BYTES_MAX)
    return { status: 414, message: "URI too long" };
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = "", value = ""] = rawHeaders.slice(index, index + 2);
    if (name.length + value.length + ": ".length > LINE_BYTES_MAX)
      return { status: 400, message: "Request header or cookie too large" };
  }
  const coding = headers["transfer-encoding"];
  if (coding !== undefined && coding.toLowerCase() !== "chunked")
    return { status: 501, message: "The upstream server responded with 501" };
  return undefined;
};

/** Adds what every response has, also a refusal: the correlation id and the CORS headers. */
export const createIntroduction = (file: KongFile) => {
  const correlation = globalPlugin(file, "correlation-id");
  const dropsInvalidId = globalPlugin(file, "pre-function") !== undefined;
  const cors = globalPlugin(file, "cors");
  return (visit: Visit, request: IncomingMessage): void => {
    if (correlation !== undefined) {
      const name = correlation.header_name;
      const sent = firstOf(request, name);
      const id = dropsInvalidId ? correlationIdOf(sent, randomUUID) : sent || randomUUID();
      request.headers[name.toLowerCase()] = id;
      visit.downstream[name] = id;
    }
    if (cors !== undefined)
      Object.assign(visit.downstream, corsHeaders(cors, request.headers.origin));
  };
};

/**
 * Checks the key and sends the name of its consumer to the service; returns a refusal for an
 * unknown key.
 */
export const createKeyCheck =
  (keys: Keys) =>
  (visit: Visit, route: Route, { headers }: IncomingMessage): Refusal | undefined => {
    const config = route.plugin("key-auth");
    if (config === undefined) return undefined;
    const known = identifyConsumer(config, keys, headers);
    if ("status" in known) return known;
    visit.consumer = known.consumer;
    nameConsumer(config, headers, known);
    return undefined;
  };

/**
 * Counts the request against the limits of its route; returns a refusal when a limit is reached.
 */
export const createRateCheck = () => {
  const limiters = new Map<PluginConfig<"rate-limiting">, RateLimiter>();
  const limiterOf = (config: PluginConfig<"rate-limiting">): RateLimiter => {
    const limiter = limiters.get(config) ?? createRateLimiter(config);
    limiters.set(config, limiter);
    return limiter;
  };
  return async (visit: Visit, route: Route): Promise<Refusal | undefined> => {
    const limits = route.plugin("rate-limiting");
    if (limits === undefined) return undefined;
    const byAddress = limits.limit_by === "ip" || visit.consumer === undefined;
    const caller = byAddress ? `address ${visit.address}` : `consumer ${visit.consumer}`;
    const verdict = await limiterOf(limits)(caller);
    Object.assign(visit.downstream, verdict.headers);
    return verdict.allowed ? undefined : { status: 429, message: "API rate limit exceeded" };
  };
};
