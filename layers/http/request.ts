import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { z } from "zod";
import type { Contract } from "./contract.ts";
import { BODY_BYTES_MAX, parseJson } from "./json.ts";
import { type FieldError, invalid, malformed, notFound, Problem } from "./problem.ts";

const QUERY_CHARACTERS_MAX = 2_048;

/** Reads path, query and body as the contract says; anything else is a 4xx that names the field. */
export const readRequest = <
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
>(
  promise: Contract<Params, Query, Body>,
  event: APIGatewayProxyEventV2,
): {
  readonly params: z.output<Params>;
  readonly query: z.output<Query>;
  readonly body: z.output<Body>;
} => ({
  params: readParams(promise.params ?? NOTHING, event) as z.output<Params>,
  query: readQuery(promise.query ?? NO_QUERY, event.rawQueryString ?? "") as z.output<Query>,
  body: readBody(promise.body ?? NOTHING, event) as z.output<Body>,
});

const NOTHING = z.undefined();
const NO_QUERY = z.strictObject({}).transform(() => undefined);

/** A path parameter that names nothing is simply not found: no hint at what an id looks like. */
const readParams = (schema: z.ZodType, event: APIGatewayProxyEventV2): unknown => {
  if (schema === NOTHING) return undefined;
  const parsed = schema.safeParse(event.pathParameters ?? {});
  if (!parsed.success) throw notFound("There is no such thing here.");
  return parsed.data;
};

const readQuery = (schema: z.ZodType, raw: string): unknown => {
  if (raw.length > QUERY_CHARACTERS_MAX)
    throw malformed("malformed_query", `A query has at most ${QUERY_CHARACTERS_MAX} characters.`);
  const values = new URLSearchParams(raw);
  const record = Object.fromEntries(values);
  if (Object.keys(record).length !== [...values.keys()].length)
    throw malformed("malformed_query", "The query names one parameter twice.");
  return validated(schema, record);
};

const readBody = (schema: z.ZodType, event: APIGatewayProxyEventV2): unknown => {
  if (schema === NOTHING) return undefined;
  const text = bodyText(event);
  const type = event.headers?.["content-type"] ?? "application/json";
  if (text !== "" && !/^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(type))
    throw new Problem({
      status: 415,
      code: "unsupported_media_type",
      detail: "The body must be application/json.",
    });
  if (text === "") throw malformed("malformed_json", "A JSON body is required.");
  return validated(schema, parseJson(text));
};

const bodyText = ({ body: sent, isBase64Encoded }: APIGatewayProxyEventV2): string => {
  // serverless-offline parses what it can: `null` for no body, `0` for the body 0
  const body = typeof sent === "string" ? sent : sent == null ? "" : JSON.stringify(sent);
  if (!isBase64Encoded || body.length > 2 * BODY_BYTES_MAX) return body;
  return Buffer.from(body, "base64").toString("utf8");
};

const validated = (schema: z.ZodType, value: unknown): unknown => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalid(parsed.error.issues.flatMap(fieldErrors));
};

const path = (parts: readonly PropertyKey[]): string => parts.map(String).join(".") || "body";

const fieldErrors = (issue: z.core.$ZodIssue): readonly FieldError[] => {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({
      path: path([...issue.path, key]),
      code: "unknown_field",
      message: "is not a field of this request",
    }));
  const code = issue.code === "custom" ? issue.params?.["code"] : issue.code;
  return [
    {
      path: path(issue.path),
      code: typeof code === "string" ? code : "invalid",
      message: issue.message,
    },
  ];
};
