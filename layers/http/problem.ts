import { STATUS_CODES } from "node:http";

/** A wrong field: its path such as `order.price`, a stable code and a sentence. */
export type FieldError = { readonly path: string; readonly code: string; readonly message: string };

/** The HTTP form of a refusal or an error (RFC 9457). Clients get errors in no other form. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly status: number;
  readonly code: string;
  readonly errors: readonly FieldError[] | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** Further members of the body, such as the limit and the value of a refused check. */
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(problem: {
    readonly status: number;
    readonly code: string;
    readonly detail: string;
    readonly errors?: readonly FieldError[];
    readonly headers?: Readonly<Record<string, string>>;
    readonly facts?: Readonly<Record<string, unknown>>;
    readonly cause?: unknown;
  }) {
    super(problem.detail, { cause: problem.cause });
    this.status = problem.status;
    this.code = problem.code;
    this.errors = problem.errors;
    this.headers = problem.headers ?? {};
    this.facts = problem.facts ?? {};
  }
}

/** Media type of every problem. */
export const PROBLEM_TYPE = "application/problem+json";

/** The text of a problem's body. */
export const problemBody = (problem: Problem, correlationId: string): string =>
  JSON.stringify({
    type: `urn:brokerx:problem:${problem.code}`,
    title: STATUS_CODES[problem.status] ?? "Error",
    status: problem.status,
    detail: problem.message,
    code: problem.code,
    correlation_id: correlationId,
    success: false,
    ...(problem.errors === undefined ? {} : { errors: problem.errors }),
    ...problem.facts,
  });

/** The request cannot be read. */
export const malformed = (code: string, detail: string): Problem =>
  new Problem({ status: 400, code, detail });

/** There is no such resource, or it belongs to another client. */
export const notFound = (detail: string): Problem =>
  new Problem({ status: 404, code: "not_found", detail });

/** Fields are invalid: the listed ones and `more` that are not listed. */
export const invalid = (errors: readonly FieldError[], more = 0): Problem =>
  new Problem({
    status: 422,
    code: "validation_failed",
    detail: [
      ...errors.map(({ path, message }) => `${path}: ${message}`),
      ...(more === 0 ? [] : [`and ${more} more`]),
    ].join("; "),
    errors,
    ...(more === 0 ? {} : { facts: { more_errors: more } }),
  });

/** The request has no credential, or an invalid one. */
export const unauthorized = (detail: string): Problem =>
  new Problem({
    status: 401,
    code: "unauthorized",
    detail,
    headers: { "www-authenticate": "Bearer" },
  });

/** The client has as many such requests under way as it may have. */
export const tooManyRequests = (detail: string): Problem =>
  new Problem({ status: 429, code: "too_many_requests", detail, headers: { "retry-after": "1" } });

/** The caller is known and may not do this. */
export const forbidden = (code: string, detail: string): Problem =>
  new Problem({ status: 403, code, detail });

/** The service cannot answer now; the client should try again after `retryAfterSeconds`. */
export const unavailable = (detail: string, retryAfterSeconds: number, cause?: unknown): Problem =>
  new Problem({
    status: 503,
    code: "unavailable",
    detail,
    headers: { "retry-after": String(retryAfterSeconds) },
    cause,
  });
