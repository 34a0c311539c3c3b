import { readFileSync } from "node:fs";

/** A file of the page, and its headers. */
type DocsFile = {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
};

const VIEWER = "node_modules/swagger-ui-dist";
const OURS = "functions/get-openapi";

/** Swagger UI sets style attributes; its scripts need no exception. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self' http://127.0.0.1:* http://localhost:*",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const JAVASCRIPT = { "content-type": "text/javascript; charset=utf-8" };

const FILES: Readonly<Record<string, readonly [string, Readonly<Record<string, string>>]>> = {
  "docs.html": [
    `${OURS}/docs.html`,
    {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": POLICY,
      "referrer-policy": "no-referrer",
    },
  ],
  "start.js": [`${OURS}/docs-start.js`, JAVASCRIPT],
  "swagger-ui-bundle.js": [`${VIEWER}/swagger-ui-bundle.js`, JAVASCRIPT],
  "swagger-ui.css": [`${VIEWER}/swagger-ui.css`, { "content-type": "text/css; charset=utf-8" }],
};

const loaded = new Map<string, DocsFile>();

/** Reads a file of the page, once; undefined for an unknown name. */
export const readDocsFile = (name: string): DocsFile | undefined => {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const [path, headers] = (Object.hasOwn(FILES, name) ? FILES[name] : undefined) ?? [];
  if (path === undefined || headers === undefined) return undefined;
  const file = { body: readFileSync(path, "utf8"), headers };
  loaded.set(name, file);
  return file;
};

/**
 * Changes the local addresses in an OpenAPI document to the ports of a system with a port offset.
 */
export const movePorts = (document: string, offset: number): string =>
  document.replaceAll(
    /http:\/\/127\.0\.0\.1:(\d+)/g,
    (_address, port) => `http://127.0.0.1:${Number(port) + offset}`,
  );
