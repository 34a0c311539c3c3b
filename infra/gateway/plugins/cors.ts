import type { IncomingMessage } from "node:http";
import type { PluginConfig } from "../kong-file.ts";

type Headers = Readonly<Record<string, string>>;

const originHeaders = ({ origins }: PluginConfig<"cors">, origin: string | undefined): Headers => {
  if (origins.includes("*")) return { "Access-Control-Allow-Origin": "*" };
  if (origin === undefined || !origins.includes(origin)) return { Vary: "Origin" };
  return { "Access-Control-Allow-Origin": origin, Vary: "Origin" };
};

/** Returns whether the request is a CORS preflight. */
export const isPreflight = ({ method, headers }: IncomingMessage): boolean =>
  method === "OPTIONS" &&
  headers.origin !== undefined &&
  headers["access-control-request-method"] !== undefined;

/** The headers of the response to a preflight. */
export const preflightHeaders = (
  config: PluginConfig<"cors">,
  origin: string | undefined,
): Headers => ({
  ...originHeaders(config, origin),
  "Access-Control-Allow-Methods": config.methods.join(","),
  "Access-Control-Allow-Headers": config.headers.join(","),
  "Access-Control-Max-Age": String(config.max_age),
});

/** The headers of every other response, so that a page may read it. */
export const corsHeaders = (config: PluginConfig<"cors">, origin: string | undefined): Headers => ({
  ...originHeaders(config, origin),
  "Access-Control-Expose-Headers": config.exposed_headers.join(","),
});
