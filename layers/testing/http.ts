import type { Context } from "aws-lambda";
import type { ClientId } from "../domain/identifiers.ts";
import type { Contract } from "../http/contract.ts";
import type { HttpEvent, HttpResult } from "../http/endpoint.ts";
import { createTokens } from "../platform/tokens.ts";
import type { TestDatabase } from "./database.ts";

export type Handler = (event: HttpEvent, context: Context) => Promise<HttpResult>;

/** A route as the gateway sees it: what it promises, and the Lambda handler that keeps it. */
export type Route = { readonly contract: Contract; readonly handler: Handler };

export type Request = {
  readonly method?: string;
  readonly path?: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

export type Response = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly json: Record<string, unknown>;
};

const SECRET = "s".repeat(32);

/** Secrets a process needs to start; worth nothing outside of tests. */
export const testSecrets = {
  JWT_KEYS: `test=${SECRET}`,
  MAIL_SECRET: "m".repeat(32),
};

const tokens = createTokens({
  keys: [{ kid: "test", secret: SECRET }],
  ttlSeconds: 600,
  clock: () => new Date(),
});

/** The Authorization header of a client, as login would have given it. */
export const authorizationOf = async (clientId: ClientId): Promise<string> =>
  `Bearer ${await tokens.sign({ clientId, roles: [], tokenId: "test", sessionId: "test" })}`;

/**
 * Points the handlers of this test file's process at a database; to be called before the first of
 * them is imported, since each builds its runtime when it is loaded.
 */
export const configureHandlers = (
  database: TestDatabase,
  queue?: { readonly queueUrl: string; readonly endpoint: string },
): void => {
  Object.assign(process.env, {
    ...testSecrets,
    BROKERX_INSTANCE: "test-1",
    DATABASE_URL: database.url,
    LOG_LEVEL: "silent",
    ...(queue === undefined ? {} : { SQS_QUEUE_URL: queue.queueUrl, SQS_ENDPOINT: queue.endpoint }),
  });
};

/** Calls a handler as API Gateway does (payload version 2), without any server in between. */
export const call = async (handler: Handler, request: Request): Promise<Response> => {
  const { method = "GET", path = "/", params = {}, query = "", headers = {}, body } = request;
  const event = {
    version: "2.0",
    rawPath: path,
    rawQueryString: query,
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    pathParameters: params,
    requestContext: { http: { method, path, sourceIp: "127.0.0.1" } },
    ...(body === undefined ? {} : { body }),
    isBase64Encoded: false,
  } as unknown as HttpEvent;
  const result = await handler(event, {} as Context);
  const text = result.body ?? "";
  return {
    status: result.statusCode ?? 0,
    headers: (result.headers ?? {}) as Record<string, string>,
    text,
    json: /json/.test(String(result.headers?.["content-type"])) && text ? JSON.parse(text) : {},
  };
};
