import type { z } from "zod";
import { type FieldError, invalid } from "./problem.ts";

const ERRORS_MAX = 20;
const PATH_CHARACTERS_MAX = 100;
const REQUIRED = "is required";

/**
 * Reads a value by a schema and returns what the schema makes of it. Throws a 422 problem that names
 * the wrong fields, at most twenty of them, and says how many more there are.
 */
export const validate = (schema: z.ZodType, value: unknown): unknown => {
  const parsed = schema.safeParse(value, { error: describe });
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const errors = issues.slice(0, ERRORS_MAX).flatMap(fieldErrors).slice(0, ERRORS_MAX);
  const total = issues.reduce((count, issue) => count + countFields(issue), 0);
  throw invalid(errors, total - errors.length);
};

/** The number of fields in an issue: the unknown fields of an object share one issue. */
const countFields = (issue: z.core.$ZodIssue): number =>
  issue.code === "unrecognized_keys" ? issue.keys.length : 1;

const fieldErrors = (issue: z.core.$ZodIssue): readonly FieldError[] => {
  if (issue.code === "unrecognized_keys")
    return issue.keys.slice(0, ERRORS_MAX).map((key) => ({
      path: pathOf([...issue.path, key]),
      code: "unknown_field",
      message: "is not a field of this request",
    }));
  return [{ path: pathOf(issue.path), code: codeOf(issue), message: issue.message }];
};

const codeOf = (issue: z.core.$ZodIssue): string => {
  if (issue.message === REQUIRED) return "required";
  const code = issue.code === "custom" ? issue.params?.["code"] : issue.code;
  return typeof code === "string" ? code : "invalid";
};

const pathOf = (parts: readonly PropertyKey[]): string => {
  const path = parts.map(String).join(".") || "body";
  return path.length <= PATH_CHARACTERS_MAX ? path : `${path.slice(0, PATH_CHARACTERS_MAX - 1)}…`;
};

const TYPES: Readonly<Record<string, string>> = {
  object: "must be an object",
  array: "must be a list",
  string: "must be a string",
  boolean: "must be true or false",
  null: "must be null",
};

/** Messages for errors of schemas that have no message of their own. */
const describe: z.core.$ZodErrorMap = (issue) => {
  if (issue.input === undefined) return REQUIRED;
  switch (issue.code) {
    case "invalid_type":
      return TYPES[issue.expected] ?? "has the wrong type";
    case "invalid_value":
      return `must be ${listed(issue.values.map(String))}`;
    case "too_big":
      return `must have at most ${lengthOf(issue.origin, issue.maximum)}`;
    case "too_small":
      return `must have at least ${lengthOf(issue.origin, issue.minimum)}`;
    case "invalid_format":
      return "has the wrong format";
    case "invalid_union":
      return "has a value that is not allowed here";
    default:
      return "is not valid";
  }
};

const lengthOf = (origin: string, length: number | bigint): string => {
  const [single, several] = origin === "array" ? ["entry", "entries"] : ["character", "characters"];
  return `${length} ${Number(length) === 1 ? single : several}`;
};

const listed = (values: readonly string[]): string =>
  values.length === 1 ? `${values[0]}` : `one of ${values.join(", ")}`;
