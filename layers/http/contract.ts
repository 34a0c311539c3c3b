import type { z } from "zod";
import type { Scope } from "../domain/identity/session.ts";

/**
 * What a route accepts and returns. The endpoint enforces it, and the OpenAPI document is generated
 * from it.
 */
export type Contract<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
> = {
  readonly operationId: string;
  readonly summary: string;
  readonly tag:
    | "identity"
    | "cash"
    | "orders"
    | "portfolio"
    | "reports"
    | "market"
    | "admin"
    | "operations";
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  /**
   * `client` routes need a bearer token, `admin` routes need one with the role `admin`, `public`
   * routes need none.
   */
  readonly access: "client" | "admin" | "public";
  /**
   * The scope that an API key needs; no API key may use a `person` route. Usually derived from the
   * method and the tag, see `scopeOf`.
   */
  readonly scope?: Scope | "person";
  /** Whether the token's `auth_time` must be at most five minutes old. */
  readonly stepUp?: boolean;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** Request headers that the route reads, in lower case. */
  readonly headers?: Readonly<
    Record<
      string,
      { readonly required: boolean; readonly description: string; readonly example?: string }
    >
  >;
  readonly answers: Readonly<
    Record<
      number,
      {
        readonly description: string;
        readonly schema?: z.ZodType;
        /** `application/json` when left out. */
        readonly mediaType?: string;
        /** Other media types of the same answer, which the schema does not describe. */
        readonly otherTypes?: readonly string[];
      }
    >
  >;
  /** Codes of the problems of this route, besides those of every route. */
  readonly problems: readonly string[];
};

/** Returns the contract with the types of its schemas, which type the call that a handler gets. */
export const contract = <
  Params extends z.ZodType = z.ZodType<undefined>,
  Query extends z.ZodType = z.ZodType<undefined>,
  Body extends z.ZodType = z.ZodType<undefined>,
>(
  promise: Contract<Params, Query, Body>,
): Contract<Params, Query, Body> => promise;

/**
 * The scope that an API key needs on a route. Identity, administration and routes with a step-up accept
 * no API keys.
 */
export const scopeOf = ({ scope, method, tag, access, stepUp }: Contract): Scope | "person" => {
  if (stepUp === true) return "person";
  if (scope !== undefined) return scope;
  if (tag === "identity" || access === "admin") return "person";
  if (method === "GET") return "read";
  return tag === "orders" ? "trade" : tag === "cash" ? "transfer" : "read";
};
