import type { Reply } from "../../../layers/testing/http.ts";

// The places in a body, and the places that a refusal names.

export const fieldsNamed = (reply: Reply): readonly string[] =>
  ((reply.json()["errors"] ?? []) as { path: string }[]).map(({ path }) => path);

/** Whether one path contains the other: a missing object is named by a field that it lacks. */
export const touches = (named: string, meant: string): boolean =>
  named.startsWith(meant) || meant.startsWith(named);

/** Paths of every value in a body that is not an object, and of every object. */
export const leaves = (
  value: object,
  path: readonly string[] = [],
): readonly (readonly string[])[] =>
  Object.entries(value).flatMap(([key, inner]) => [
    [...path, key],
    ...(typeof inner === "object" && inner !== null ? leaves(inner, [...path, key]) : []),
  ]);

export const replaced = (value: object, path: readonly string[], by: unknown): object => {
  const [head = "", ...rest] = path;
  const inner: unknown = Reflect.get(value, head);
  const next = rest.length === 0 ? by : replaced(inner as object, rest, by);
  return { ...value, [head]: next };
};
