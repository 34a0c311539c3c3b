import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { z } from "zod";
import { readJsonBody } from "./body.ts";
import type { Contract } from "./contract.ts";
import { malformed, notFound } from "./problem.ts";
import { validate } from "./validate.ts";

const QUERY_CHARACTERS_MAX = 2_048;

/**
 * Reads path, query and body as the contract describes them. Throws a problem for anything else: 404
 * for the path, 400 or 422 for the query, 400, 413, 415 or 422 for the body.
 */
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

/** A malformed path parameter is answered with 404, like an unknown one. */
const readParams = (schema: z.ZodType, event: APIGatewayProxyEventV2): unknown => {
  if (schema === NOTHING) return undefined;
  const parsed = schema.safeParse(event.pathParameters ?? {});
  if (!parsed.success) throw notFound("There is no such resource.");
  return parsed.data;
};

const readQuery = (schema: z.ZodType, raw: string): unknown => {
  if (raw.length > QUERY_CHARACTERS_MAX)
    throw malformed("malformed_query", `A query has at most ${QUERY_CHARACTERS_MAX} characters.`);
  const values = new URLSearchParams(raw);
  const record = Object.fromEntries(values);
  if (Object.keys(record).length !== [...values.keys()].length)
    throw malformed("malformed_query", "The query names one parameter twice.");
  return validate(schema, record);
};

const readBody = (schema: z.ZodType, event: APIGatewayProxyEventV2): unknown =>
  schema === NOTHING ? undefined : validate(schema, readJsonBody(event));
