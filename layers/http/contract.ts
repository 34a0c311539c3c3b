import type { z } from "zod";
import type { Scope } from "../domain/identity/session.ts";

/** What one route promises: the handler enforces it and the OpenAPI document is made from it. */
export type Contract<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
> = {
  readonly operationId: string;
  readonly summary: string;
  readonly tag: "identity" | "cash" | "orders" | "portfolio" | "market" | "admin" | "operations";
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  /**
   * `client` routes need a bearer token, `admin` routes one with the role `admin`; `public` routes are
   * for people who have none yet.
   */
  readonly access: "client" | "admin" | "public";
  /**
   * What an API key must be allowed to do here; `person` routes take no API key. Usually it follows
   * from the method and the tag, see `scopeOf`.
   */
  readonly scope?: Scope | "person";
  /** Whether the token's `auth_time` must be at most five minutes old. */
  readonly stepUp?: boolean;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** Request headers the route reads, beside the usual ones. */
  readonly headers?: Readonly<
    Record<string, { readonly required: boolean; readonly description: string }>
  >;
  readonly answers: Readonly<
    Record<
      number,
      {
        readonly description: string;
        readonly schema?: z.ZodType;
        /** Undefined means JSON. */
        readonly mediaType?: string;
      }
    >
  >;
  /** The problems of this route's own; every route may also answer the common ones. */
  readonly problems: readonly string[];
};

/** Keeps the schemas' types, so that the use case receives exactly what the contract parses. */
export const contract = <
  Params extends z.ZodType = z.ZodType<undefined>,
  Query extends z.ZodType = z.ZodType<undefined>,
  Body extends z.ZodType = z.ZodType<undefined>,
>(
  promise: Contract<Params, Query, Body>,
): Contract<Params, Query, Body> => promise;

/** The scope an API key needs on a route. Identity and administration are for people. */
export const scopeOf = ({ scope, method, tag, access }: Contract): Scope | "person" => {
  if (scope !== undefined) return scope;
  if (tag === "identity" || access === "admin") return "person";
  if (method === "GET") return "read";
  return tag === "orders" ? "trade" : tag === "cash" ? "transfer" : "read";
};
