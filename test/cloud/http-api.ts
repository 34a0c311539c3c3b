import findMyWay, { type HTTPMethod } from "find-my-way";
import { z } from "zod";
import type { Lambda } from "./runtime-api.ts";
import { routesOf, type Template } from "./template.ts";

// API Gateway's HTTP API, as far as the functions can tell: the template's routes, and payload 2.0.

const result = z.object({
  statusCode: z.number(),
  headers: z.record(z.string(), z.union([z.string(), z.number()])).default({}),
  body: z.string().default(""),
  isBase64Encoded: z.boolean().default(false),
});

export type Reply = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly json: () => Record<string, unknown>;
};

export type Request = {
  readonly token?: string | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
};

export type Call = (method: string, path: string, request?: Request) => Promise<Reply>;

/** Calls the functions of a template's routes; `lambdaOf` starts a function when it is first called. */
export const httpApi = (
  template: Template,
  lambdaOf: (resource: string) => Promise<Lambda>,
): Call => {
  const router = findMyWay();
  let fallback = "";
  for (const [key, resource] of routesOf(template, "HttpApi")) {
    const [method = "", path] = key.split(" ");
    if (key === "$default") fallback = resource;
    if (path !== undefined)
      router.on(method as HTTPMethod, path.replaceAll(/\{(\w+)\}/g, ":$1"), () => {}, {
        ...{ resource, key },
      });
  }
  return async (method, target, request = {}) => {
    const { pathname, search } = new URL(target, "https://api.example.org");
    const found = router.find(method as HTTPMethod, pathname);
    const route = (found?.store ?? { resource: fallback, key: "$default" }) as {
      readonly resource: string;
      readonly key: string;
    };
    const lambda = await lambdaOf(route.resource);
    const event = eventOf(
      { method, path: pathname, query: search.slice(1), key: route.key },
      request,
    );
    return replyOf(await lambda.invoke({ ...event, pathParameters: found?.params ?? {} }));
  };
};

type Target = {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly key: string;
};

/** The event of a request, with a text as its body when there is one. */
const eventOf = ({ method, path, query, key }: Target, { token, body, headers }: Request) => ({
  ...{ version: "2.0", routeKey: key, rawPath: path, rawQueryString: query },
  headers: {
    ...{ "content-type": "application/json", "x-forwarded-for": "203.0.113.7" },
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...headers,
  },
  ...(query === ""
    ? {}
    : { queryStringParameters: Object.fromEntries(new URLSearchParams(query)) }),
  requestContext: {
    http: { method, path, protocol: "HTTP/1.1", sourceIp: "203.0.113.7", userAgent: "test" },
    ...{ routeKey: key, stage: "$default", requestId: "test", timeEpoch: Date.now() },
  },
  ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  isBase64Encoded: false,
});

const replyOf = (returned: unknown): Reply => {
  const { statusCode, headers, body, isBase64Encoded } = result.parse(returned);
  const text = isBase64Encoded ? Buffer.from(body, "base64").toString("latin1") : body;
  return {
    status: statusCode,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
    ),
    text,
    json: () => JSON.parse(text) as Record<string, unknown>,
  };
};
