import { z } from "zod";

type JsonSchema = Readonly<Record<string, unknown>>;

const fieldError: JsonSchema = {
  type: "object",
  required: ["path", "code", "message"],
  properties: {
    path: { type: "string", examples: ["order.price"] },
    code: { type: "string", examples: ["invalid_money"] },
    message: { type: "string" },
  },
};

/** A problem (RFC 9457) as every service writes it. */
const problemSchema = (codes: readonly string[]): JsonSchema => ({
  type: "object",
  description:
    "RFC 9457. Decide by `code`, which is stable; docs/problems.md says what each one means.",
  required: ["type", "title", "status", "detail", "code", "correlation_id", "success"],
  properties: {
    type: { type: "string", examples: ["urn:brokerx:problem:not_found"] },
    title: { type: "string" },
    status: { type: "integer" },
    detail: { type: "string" },
    code: { type: "string", enum: codes },
    correlation_id: { type: "string" },
    success: { type: "boolean", const: false },
    errors: {
      type: "array",
      maxItems: 20,
      description: "The wrong fields of `validation_failed`.",
      items: { $ref: "#/components/schemas/FieldError" },
    },
    more_errors: { type: "integer", description: "How many wrong fields are not listed." },
    left: {
      ...{ type: "array", items: { type: "string" } },
      description: "What is still in an account that cannot be closed yet.",
    },
    check: { type: "string", description: "The pre-trade check that refused the order." },
    limit: { type: "string", description: "The limit of that check." },
    value: {
      type: "string",
      description: "The value of the order that was compared with the limit.",
    },
    reason: { type: "string", description: "Why the matcher refused a replace." },
    order: {
      $ref: "#/components/schemas/Order",
      description: "The order as it is now, when its state is why the request was refused.",
    },
  },
});

const gatewayRefusal: JsonSchema = {
  type: "object",
  description:
    "What the gateway refuses itself: 401 without a valid `apikey`, 413 for a body that is too large, 429 over the rate limit, 503 when no instance answers.",
  required: ["message"],
  properties: {
    message: { type: "string", examples: ["No API key found in request"] },
    request_id: { type: "string" },
  },
};

const headers = {
  "X-Instance": {
    description: "The instance that answered, for example orders-a.",
    schema: { type: "string" },
  },
  "X-Correlation-Id": {
    description: "The id that the caller sent in the same header, or a new one.",
    schema: { type: "string" },
  },
};

/**
 * Generators make a field with a `default` required, in requests too; so the description says it.
 * A tuple loses `items: false`, which some of them cannot read, and gets its length instead.
 */
const forGenerators = (schema: Record<string, unknown>, io: "input" | "output"): void => {
  if (schema["type"] === "object" && io === "input")
    for (const property of Object.values(Object(schema["properties"])))
      if (isRecord(property) && "default" in property) {
        const fallback = `Left out, it is \`${String(property["default"])}\`.`;
        // A schema that two routes share is visited twice.
        const said = String(property["description"] ?? "");
        if (!said.endsWith(fallback)) property["description"] = `${said} ${fallback}`.trim();
        delete property["default"];
      }
  const { prefixItems } = schema;
  if (!Array.isArray(prefixItems)) return;
  delete schema["items"];
  Object.assign(schema, { minItems: prefixItems.length, maxItems: prefixItems.length });
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

/** Turns zod schemas into JSON Schema; those with an id become shared components. */
export const collectSchemas = (problemCodes: readonly string[]) => {
  const shared: Record<string, JsonSchema> = {};

  /** The schema is wrapped in an object, so that a schema with an id becomes a reference too. */
  const convert = (
    schema: z.ZodType,
    io: "input" | "output",
    { keepDefaults = false } = {},
  ): JsonSchema => {
    const { $defs = {}, properties = {} } = z.toJSONSchema(z.object({ schema }), {
      io,
      unrepresentable: "any",
      override: ({ zodSchema, jsonSchema }) => {
        // zod drops the examples and the default of a field that is transformed
        const { examples } = z.globalRegistry.get(zodSchema) ?? {};
        if (Array.isArray(examples)) jsonSchema.examples = examples;
        if (zodSchema instanceof z.ZodDefault) jsonSchema.default = zodSchema.def.defaultValue;
        if (!keepDefaults) forGenerators(jsonSchema, io);
      },
    });
    const text = JSON.stringify({ $defs, root: properties["schema"] ?? {} });
    const { $defs: found, root } = JSON.parse(
      text.replaceAll('"#/$defs/', '"#/components/schemas/'),
    ) as { readonly $defs: Record<string, JsonSchema>; readonly root: JsonSchema };
    for (const [name, { id: _id, ...definition }] of Object.entries(found))
      shared[name] = definition;
    return root;
  };

  const components = () => {
    const ours = { Problem: problemSchema(problemCodes), FieldError: fieldError };
    const schemas = { ...shared, ...ours, GatewayRefusal: gatewayRefusal };
    return {
      headers,
      schemas: Object.fromEntries(
        Object.entries(schemas).sort(([a], [b]) => a.localeCompare(b, "en")),
      ),
    };
  };
  return { convert, components };
};

export type Schemas = ReturnType<typeof collectSchemas>;
