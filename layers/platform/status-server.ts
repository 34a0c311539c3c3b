import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from "node:http";
import type { Duplex } from "node:stream";
import type { Registry } from "prom-client";
import { correlationIdOf } from "./correlation.ts";
import { checkHealth, type Health, healthBody, isHealthy } from "./health.ts";
import { newUuid } from "./ids.ts";
import { parseRequestTarget } from "./request-target.ts";

type StatusServer = { readonly port: number; readonly close: () => Promise<void> };

type Options = {
  /** 0 chooses any free port; the returned server tells which. */
  readonly port: number;
  /** The address to listen on; loopback by default. */
  readonly host?: string | undefined;
  readonly instance: string;
  /** The state of the process's dependencies, e.g. `() => checkHealth({ database, queue })`. */
  readonly health: () => Promise<Health>;
  readonly registry: Registry;
  /** Serves paths other than `/health` and `/metrics`; without it they are 404. */
  readonly onRequest?: RequestListener | undefined;
  /** Handles protocol upgrades; without it they are treated as plain requests. */
  readonly onUpgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** TCP connections above this number are closed without a response. */
  readonly maxConnections?: number;
};

// A client that does not finish its request within this time is disconnected.
const PATIENCE = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
};

type Reply = { readonly status: number; readonly type: string; readonly body: string };

const json = (status: number, body: object, type = "application/json"): Reply => ({
  status,
  type,
  body: JSON.stringify(body),
});

/**
 * A health check that fails or takes too long is answered with 503, so that no request is left
 * open.
 */
const healthReply = async ({ instance, health }: Options): Promise<Reply> => {
  let checks: Health = {};
  const process = await checkHealth({
    process: async () => {
      checks = await health();
    },
  });
  const result = isHealthy(process) ? checks : process;
  return json(isHealthy(result) ? 200 : 503, healthBody(instance, result));
};

const metrics = async ({ registry }: Options): Promise<Reply> => ({
  status: 200,
  type: registry.contentType,
  body: await registry.metrics(),
});

const unknown = (correlationId: string): Reply =>
  json(
    404,
    {
      type: "urn:brokerx:problem:not_found",
      title: "Not Found",
      status: 404,
      detail: "There is no such route on this service.",
      code: "not_found",
      correlation_id: correlationId,
      success: false,
    },
    "application/problem+json",
  );

const replyTo = async (
  { method, url }: IncomingMessage,
  options: Options,
  correlationId: string,
): Promise<Reply> => {
  const { path } = parseRequestTarget(url);
  if (method === "GET" && path === "/health") return healthReply(options);
  if (method === "GET" && path === "/metrics") return metrics(options);
  return unknown(correlationId);
};

const sendReply = async (
  request: IncomingMessage,
  response: ServerResponse,
  options: Options,
): Promise<void> => {
  const sent = request.headers["x-correlation-id"];
  const correlationId = correlationIdOf(Array.isArray(sent) ? undefined : sent, newUuid);
  const { status, type, body } = await replyTo(request, options, correlationId);
  response.writeHead(status, {
    "content-type": type,
    "x-instance": options.instance,
    "x-correlation-id": correlationId,
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
  });
  response.end(body);
};

const OWN_PATHS: readonly string[] = ["/health", "/metrics"];

/** An error of a request ends the connection of that request only. */
const respond = async (
  request: IncomingMessage,
  response: ServerResponse,
  options: Options,
): Promise<void> => {
  const isOwn = OWN_PATHS.includes(parseRequestTarget(request.url).path);
  if (options.onRequest === undefined || isOwn) await sendReply(request, response, options);
  else options.onRequest(request, response);
};

/**
 * Serves `/health` and `/metrics` for a process that is not served by Lambda, such as the matcher.
 * Rejects when the port is taken.
 */
export const startStatusServer = async (options: Options): Promise<StatusServer> => {
  const server = createServer(PATIENCE, (request, response) => {
    respond(request, response, options).catch(() => response.destroy());
  });
  if (options.onUpgrade !== undefined) server.on("upgrade", options.onUpgrade);
  if (options.maxConnections !== undefined) server.maxConnections = options.maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host ?? "127.0.0.1", resolve);
  });
  const address = server.address();
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { port: typeof address === "object" && address ? address.port : options.port, close };
};
