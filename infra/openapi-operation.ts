import { z } from "zod";
import { type Contract, scopeOf } from "../layers/http/contract.ts";
import type { Schemas } from "./openapi-schemas.ts";

const HEADERS = {
  "X-Instance": { $ref: "#/components/headers/X-Instance" },
  "X-Correlation-Id": { $ref: "#/components/headers/X-Correlation-Id" },
};

const PROBLEM = {
  "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } },
};
const REFUSAL = { "application/json": { schema: { $ref: "#/components/schemas/GatewayRefusal" } } };

type ObjectSchema = {
  readonly properties?: Readonly<Record<string, object>>;
  readonly required?: readonly string[];
};

const parametersIn = (place: "path" | "query", schema: z.ZodType | undefined, schemas: Schemas) => {
  if (schema === undefined) return [];
  const object: ObjectSchema = schemas.convert(schema, "input", { keepDefaults: true });
  const { properties = {}, required = [] } = object;
  return Object.entries(properties).map(([name, described]) => ({
    name,
    in: place,
    required: place === "path" || required.includes(name),
    schema: described,
  }));
};

const headerParameters = ({ headers = {} }: Contract) =>
  Object.entries(headers).map(([name, { required, description, example }]) => ({
    name,
    in: "header",
    required,
    description,
    schema: { type: "string" },
    ...(example === undefined ? {} : { example }),
  }));

/**
 * The body with its first example, which the API page shows instead of one generated from the
 * schema.
 */
const requestBodyOf = ({ body }: Contract, schemas: Schemas) => {
  if (body === undefined) return {};
  const { examples } = z.globalRegistry.get(body) ?? {};
  const example: unknown = Array.isArray(examples) ? examples[0] : undefined;
  const schema = schemas.convert(body, "input");
  const content = { schema, ...(example === undefined ? {} : { example }) };
  return { requestBody: { required: true, content: { "application/json": content } } };
};

const answersOf = ({ answers }: Contract, schemas: Schemas) =>
  Object.fromEntries(
    Object.entries(answers).map(([status, { description, schema, mediaType, otherTypes = [] }]) => [
      status,
      {
        description,
        headers: HEADERS,
        ...(schema === undefined
          ? {}
          : {
              content: {
                [mediaType ?? "application/json"]: { schema: schemas.convert(schema, "output") },
                ...Object.fromEntries(otherTypes.map((type) => [type, {}])),
              },
            }),
      },
    ]),
  );

/**
 * These routes belong to an instance and are called on it directly, so the gateway never answers
 * for them.
 */
const isBehindGateway = ({ tag }: Contract): boolean => tag !== "operations";

const problemsOf = (promise: Contract) => {
  const own = promise.problems.map((code) => `\`${code}\``).join(", ");
  const refused = "The request was refused.";
  const content = isBehindGateway(promise) ? { ...PROBLEM, ...REFUSAL } : PROBLEM;
  return {
    "4XX": {
      description: own === "" ? refused : `${refused} Codes of this route: ${own}.`,
      headers: HEADERS,
      content,
    },
    "5XX": {
      description: "The service cannot answer. With 503, `Retry-After` says when to ask again.",
      headers: HEADERS,
      content,
    },
  };
};

/** The credentials of a route: the gateway needs its key, a service called directly does not. */
const securityOf = (promise: Contract): readonly object[] => {
  if (!isBehindGateway(promise)) return [];
  if (promise.access === "public") return [{ apiKey: [] }, {}];
  const scope = scopeOf(promise);
  const tokens = [{ bearer: [] }, ...(takesKeys(promise) ? [{ clientKey: [scope] }] : [])];
  return [...tokens.map((token) => ({ apiKey: [], ...token })), ...tokens];
};

/** Whether a client's API key may be used; an API key never passes step-up. */
const takesKeys = (promise: Contract): boolean => scopeOf(promise) !== "person";

/** What a caller needs besides a token, as text. */
const needsOf = (promise: Contract): { readonly description?: string } => {
  if (promise.access === "public" || !isBehindGateway(promise)) return {};
  const keys = takesKeys(promise)
    ? `An API key needs the scope \`${scopeOf(promise)}\`.`
    : "API keys cannot be used here.";
  const stepUp =
    promise.stepUp === true ? " The token must be of a step-up within five minutes." : "";
  return { description: `${keys}${stepUp}` };
};

/** Describes one route as an OpenAPI operation. */
export const describeOperation = (promise: Contract, schemas: Schemas): object => {
  const parameters = [
    ...parametersIn("path", promise.params, schemas),
    ...parametersIn("query", promise.query, schemas),
    ...headerParameters(promise),
  ];
  return {
    operationId: promise.operationId,
    summary: promise.summary,
    ...needsOf(promise),
    tags: [promise.tag],
    security: securityOf(promise),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...requestBodyOf(promise, schemas),
    responses: { ...answersOf(promise, schemas), ...problemsOf(promise) },
  };
};
