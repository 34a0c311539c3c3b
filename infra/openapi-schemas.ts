import { z } from "zod";

type JsonSchema = Readonly<Record<string, unknown>>;

const problem: JsonSchema = {
  type: "object",
  description: "RFC 9457. `code` is stable; some codes carry further facts.",
  required: ["type", "title", "status", "detail", "code", "correlation_id", "success"],
  properties: {
    type: { type: "string", examples: ["urn:brokerx:problem:not_found"] },
    title: { type: "string" },
    status: { type: "integer" },
    detail: { type: "string" },
    code: { type: "string", examples: ["not_found"] },
    correlation_id: { type: "string" },
    success: { const: false },
    errors: {
      type: "array",
      items: {
        type: "object",
        required: ["path", "code", "message"],
        properties: {
          path: { type: "string", examples: ["order.price"] },
          code: { type: "string" },
          message: { type: "string" },
        },
      },
    },
  },
};

const headers = {
  "X-Instance": {
    description: "The instance that answered, e.g. orders-a.",
    schema: { type: "string" },
  },
  "X-Correlation-Id": {
    description: "The id the caller sent in the same header, else a new one.",
    schema: { type: "string" },
  },
};

/** Turns zod schemas into JSON Schema; those with an id become shared components. */
export const collectSchemas = () => {
  const shared: Record<string, JsonSchema> = {};

  /** Wrapped in an object, so that a schema with an id of its own is a reference like any other. */
  const convert = (schema: z.ZodType, io: "input" | "output"): JsonSchema => {
    const { $defs = {}, properties = {} } = z.toJSONSchema(z.object({ schema }), {
      io,
      unrepresentable: "any",
      // zod drops the examples of a field that is transformed; ours show what to send
      override: ({ zodSchema, jsonSchema }) => {
        const { examples } = z.globalRegistry.get(zodSchema) ?? {};
        if (Array.isArray(examples)) jsonSchema.examples = examples;
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

  const components = () => ({
    headers,
    schemas: Object.fromEntries(
      Object.entries({ ...shared, Problem: problem }).sort(([a], [b]) => a.localeCompare(b, "en")),
    ),
  });
  return { convert, components };
};

export type Schemas = ReturnType<typeof collectSchemas>;
