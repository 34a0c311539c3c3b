import type { z } from "zod";
import type { Contract } from "../layers/http/contract.ts";
import type { Schemas } from "./openapi-schemas.ts";

const HEADERS = {
  "X-Instance": { $ref: "#/components/headers/X-Instance" },
  "X-Correlation-Id": { $ref: "#/components/headers/X-Correlation-Id" },
};

const PROBLEM = {
  "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } },
};

type ObjectSchema = {
  readonly properties?: Readonly<Record<string, object>>;
  readonly required?: readonly string[];
};

const parametersIn = (place: "path" | "query", schema: z.ZodType | undefined, schemas: Schemas) => {
  if (schema === undefined) return [];
  const { properties = {}, required = [] }: ObjectSchema = schemas.convert(schema, "input");
  return Object.entries(properties).map(([name, described]) => ({
    name,
    in: place,
    required: place === "path" || required.includes(name),
    schema: described,
  }));
};

const headerParameters = ({ headers = {} }: Contract) =>
  Object.entries(headers).map(([name, { required, description }]) => ({
    name,
    in: "header",
    required,
    description,
    schema: { type: "string" },
  }));

const answersOf = ({ answers }: Contract, schemas: Schemas) =>
  Object.fromEntries(
    Object.entries(answers).map(([status, { description, schema, mediaType }]) => [
      status,
      {
        description,
        headers: HEADERS,
        ...(schema === undefined
          ? {}
          : {
              content: {
                [mediaType ?? "application/json"]: { schema: schemas.convert(schema, "output") },
              },
            }),
      },
    ]),
  );

const problemsOf = ({ problems }: Contract) => {
  const own = problems.map((code) => `\`${code}\``).join(", ");
  const refused = "The request was refused, as a problem.";
  return {
    "4XX": {
      description: own === "" ? refused : `${refused} Codes of this route: ${own}.`,
      headers: HEADERS,
      content: PROBLEM,
    },
    "5XX": {
      description: "The service cannot answer; `Retry-After` tells when to ask again.",
      headers: HEADERS,
      content: PROBLEM,
    },
  };
};

/** One route as OpenAPI says it. */
export const describeOperation = (promise: Contract, schemas: Schemas): object => {
  const parameters = [
    ...parametersIn("path", promise.params, schemas),
    ...parametersIn("query", promise.query, schemas),
    ...headerParameters(promise),
  ];
  return {
    operationId: promise.operationId,
    summary: promise.summary,
    tags: [promise.tag],
    security: promise.access === "public" ? [] : [{ bearer: [] }],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(promise.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { "application/json": { schema: schemas.convert(promise.body, "input") } },
          },
        }),
    responses: { ...answersOf(promise, schemas), ...problemsOf(promise) },
  };
};
