import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Refusal } from "./answers.ts";
import { judgeKey, type Keys, nameConsumer } from "./key-auth.ts";
import type { PluginConfig } from "./kong-file.ts";
import { createRateLimiter, type RateLimiter } from "./rate-limit.ts";
import type { Route } from "./route-table.ts";
import type { Visit } from "./visit.ts";

export const TOO_LARGE: Refusal = { status: 413, message: "Request size limit exceeded" };

const KIB = 1_024;
const UNLIMITED_BYTES = 1_024 * KIB;

/** Bytes a body may have on this route. */
export const bytesMax = (route: Route): number => {
  const limit = route.plugin("request-size-limiting");
  return limit === undefined ? UNLIMITED_BYTES : limit.allowed_payload_size * KIB;
};

/** Gives the request its correlation id, the caller's or a new one, and the answer the same. */
export const correlate = (visit: Visit, { headers }: IncomingMessage): void => {
  const config = visit.route.plugin("correlation-id");
  if (config === undefined) return;
  const name = config.header_name.toLowerCase();
  headers[name] = headers[name] ?? randomUUID();
  visit.downstream[config.header_name] = String(headers[name]);
};

/** Judges key, size and rate, in Kong's order; undefined lets the request pass. */
export const createAdmission = (keys: Keys) => {
  const limiters = new Map<PluginConfig<"rate-limiting">, RateLimiter>();
  const limiterOf = (config: PluginConfig<"rate-limiting">): RateLimiter => {
    const limiter = limiters.get(config) ?? createRateLimiter(config);
    limiters.set(config, limiter);
    return limiter;
  };

  return async (visit: Visit, request: IncomingMessage): Promise<Refusal | undefined> => {
    const { route } = visit;
    const { headers, socket } = request;
    const known = identify(route, keys, request);
    if (known !== undefined && "status" in known) return known;
    if (Number(headers["content-length"] ?? 0) > bytesMax(route)) return TOO_LARGE;
    const limits = route.plugin("rate-limiting");
    if (limits === undefined) return undefined;
    const byAddress = limits.limit_by === "ip" || known === undefined;
    const caller = byAddress ? `address ${socket.remoteAddress}` : `consumer ${known.consumer}`;
    const verdict = await limiterOf(limits)(caller);
    Object.assign(visit.downstream, verdict.headers);
    return verdict.allowed ? undefined : { status: 429, message: "API rate limit exceeded" };
  };
};

const identify = (
  route: Route,
  keys: Keys,
  { headers }: IncomingMessage,
): { readonly consumer: string } | Refusal | undefined => {
  const config = route.plugin("key-auth");
  if (config === undefined) return undefined;
  const verdict = judgeKey(config, keys, headers);
  if ("message" in verdict)
    return { status: 401, message: verdict.message, headers: { "WWW-Authenticate": "Key" } };
  nameConsumer(config, headers, verdict);
  return verdict;
};
