import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import type { ClientId } from "../domain/identifiers.ts";
import type { HttpEvent, HttpResult } from "../http/http-event.ts";
import { systemClock } from "../platform/clock.ts";
import { hmacKeyRing } from "../platform/credentials/key-ring.ts";
import { createTokens } from "../platform/credentials/tokens.ts";

/** A connection with the role of a service, so that a missing privilege fails a test. */
export const asRole = (url: string, role: string): string => {
  const target = new URL(url);
  target.username = role;
  return target.href;
};

/** The secrets of every test process. */
export const TEST_MAIL_SECRET = "mail-secret-of-the-tests-32-bytes-long";
export const TEST_JWT_KEY = { kid: "test", secret: "jwt-secret-of-the-tests-32-bytes-long!" };

const tokens = createTokens({
  keys: hmacKeyRing([TEST_JWT_KEY]),
  ttlSeconds: 600,
  clock: systemClock,
});

/**
 * The Authorization header of a client from `createTestClient` or `activeClient`, as after a login
 * a moment ago; with `authTime`, after a login at that time.
 */
export const authorizationOf = async (
  clientId: ClientId,
  roles: readonly string[] = [],
  authTime = new Date(),
): Promise<string> => {
  const token = { clientId, roles, authTime, tokenId: "test", sessionId: clientId };
  return `Bearer ${await tokens.sign(token)}`;
};

/** Sets the environment that `layers/runtime.ts` reads. Call it before importing a handler. */
export const useEnvironment = (databaseUrl: string): void => {
  Object.assign(process.env, {
    BROKERX_INSTANCE: "test",
    DATABASE_URL: databaseUrl,
    JWT_KEYS: `${TEST_JWT_KEY.kid}=${TEST_JWT_KEY.secret}`,
    MAIL_SECRET: TEST_MAIL_SECRET,
    PUBLIC_URL: "http://broker.test",
    LOG_LEVEL: "silent",
  });
};

/** The answer as an HTTP client sees it. */
export type Reply = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly json: () => Record<string, unknown>;
};

type Request = {
  readonly method?: string;
  readonly path?: string;
  readonly params?: Readonly<Record<string, string>>;
  /** A string or bytes are sent as they are, anything else as JSON. */
  readonly body?: unknown;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly address?: string;
};

export type Handler = (event: HttpEvent, context: Context) => Promise<HttpResult>;

const toEvent = (request: Request): APIGatewayProxyEventV2 => {
  const { method = "POST", path = "/", body, query = "", address = "203.0.113.7" } = request;
  const event = {
    version: "2.0",
    routeKey: "$default",
    rawPath: path,
    rawQueryString: query,
    headers: { "content-type": "application/json", ...request.headers },
    pathParameters: request.params ?? {},
    requestContext: { http: { method, path, sourceIp: address } },
    ...(body === undefined ? {} : { body: textOf(body) }),
    isBase64Encoded: Buffer.isBuffer(body),
  };
  return event as unknown as APIGatewayProxyEventV2;
};

const textOf = (body: unknown): string => {
  if (Buffer.isBuffer(body)) return body.toString("base64");
  return typeof body === "string" ? body : JSON.stringify(body);
};

/** Calls a handler the way API Gateway does. */
export const invoke = async (handler: Handler, request: Request): Promise<Reply> => {
  const result = await handler(toEvent(request), {} as Context);
  const text = result.body ?? "";
  return {
    status: result.statusCode ?? 0,
    headers: Object.fromEntries(
      Object.entries(result.headers ?? {}).map(([name, value]) => [name, String(value)]),
    ),
    text,
    json: () => JSON.parse(text) as Record<string, unknown>,
  };
};
