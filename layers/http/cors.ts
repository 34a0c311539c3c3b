type Headers = Readonly<Record<string, string>>;

/**
 * Cross-origin headers (Fetch standard, section 3.2) for a server that pages call directly, without
 * the gateway. Every origin is allowed: access needs a bearer token, which a page of another origin
 * cannot read, and cookies are never accepted.
 */
export const CORS_HEADERS: Headers = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "X-Instance,X-Correlation-Id,Retry-After",
};

const ALLOWED_HEADERS = "Accept,Authorization,Content-Type,X-Correlation-Id,apikey";
const MAX_AGE_SECONDS = 600;

/** The headers that answer a preflight request for a path with these methods. */
export const preflightHeaders = (methods: readonly string[]): Headers => ({
  ...CORS_HEADERS,
  "access-control-allow-methods": methods.join(","),
  "access-control-allow-headers": ALLOWED_HEADERS,
  "access-control-max-age": String(MAX_AGE_SECONDS),
});
