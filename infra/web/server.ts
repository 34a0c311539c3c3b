import { randomUUID } from "node:crypto";
import { stat } from "node:fs/promises";
import fastifyStatic from "@fastify/static";
import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from "fastify";
import { correlationIdOf } from "../../layers/platform/correlation.ts";
import { CONTENT_SECURITY_POLICY } from "./content-security-policy.ts";
import { type LaptopPage, serveLaptop } from "./laptop-routes.ts";

type WebServer = { readonly port: number; readonly close: () => Promise<void> };

const HEADERS = {
  "Content-Security-Policy": CONTENT_SECURITY_POLICY,
  "X-Content-Type-Options": "nosniff",
  // The address of a page may contain a token from a mail, which other sites must not receive.
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
};

const YEAR_SECONDS = 31_536_000;
/** Vite puts a hash of the content into the names of the files in this folder. */
const HASHED = /\/assets\/[^/]+$/;

/**
 * Serves the built web page. A path of the page's router returns `index.html`; an API path, and a
 * missing file, answers 404. Port 0 takes any free port.
 */
export const startWebServer = async (options: {
  readonly root: string;
  readonly port: number;
  readonly host?: string | undefined;
  readonly laptop?: LaptopPage | undefined;
}): Promise<WebServer> => {
  const { root, port, host = "127.0.0.1" } = options;
  const app = Fastify({
    forceCloseConnections: true,
    requestTimeout: 15_000,
    // a path that cannot be decoded
    frameworkErrors: (_error, request, reply) => void notFound(request, reply.headers(HEADERS)),
  });
  app.setErrorHandler((error: FastifyError, request, reply) =>
    // a path that leaves the folder, or has a backslash
    error.code === "FST_STATIC_FORBIDDEN_PATH" ? notFound(request, reply) : reply.send(error),
  );
  app.addHook("onRequest", async (_request, reply) => void reply.headers(HEADERS));
  await serveFolder(app, root);
  if (options.laptop !== undefined) serveLaptop(app, options.laptop);
  app.setNotFoundHandler((request, reply) => respondWithoutFile(request, reply, root));
  await app.listen({ port, host });
  const address = app.server.address();
  return {
    port: typeof address === "object" && address ? address.port : port,
    close: () => app.close(),
  };
};

/** Files are looked up at each request, so that a page which is built later is found. */
const serveFolder = async (app: FastifyInstance, root: string): Promise<void> => {
  await app.register(fastifyStatic, {
    root,
    wildcard: true,
    cacheControl: false,
    setHeaders: (response, path) => {
      const hashed = HASHED.test(path);
      response.header(
        "Cache-Control",
        hashed ? `public, max-age=${YEAR_SECONDS}, immutable` : "no-cache",
      );
    },
  });
};

const OF_THE_API = /^\/(api|cable|docs|openapi\.json|health|metrics)(\/|\?|$)/;
/**
 * Letters, digits and a few signs: no encoded slash, no backslash. Symbols may contain a dot: BRK.B
 */
const OF_THE_PAGE = /^\/[\w/~@-]*(\.[A-Z]+)?$/;

const respondWithoutFile = async (
  request: FastifyRequest,
  reply: FastifyReply,
  root: string,
): Promise<FastifyReply> => {
  const path = request.url.replace(/\?.*$/s, "");
  if (OF_THE_API.test(path) || !["GET", "HEAD"].includes(request.method))
    return notFound(request, reply);
  if (!(await isFile(`${root}/index.html`)))
    return sendText(reply, "The web page is not built: the folder web/dist has no index.html.\n");
  if (!OF_THE_PAGE.test(path)) return sendText(reply, "There is no such file.\n");
  return reply.sendFile("index.html");
};

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );

const sendText = (reply: FastifyReply, text: string): FastifyReply =>
  reply.code(404).type("text/plain; charset=utf-8").send(text);

/** The problem of every unknown API route. */
const notFound = ({ headers }: FastifyRequest, reply: FastifyReply): FastifyReply => {
  const sent = headers["x-correlation-id"]?.toString();
  return reply
    .code(404)
    .type("application/problem+json")
    .send(
      JSON.stringify({
        type: "urn:brokerx:problem:not_found",
        title: "Not Found",
        status: 404,
        detail: "There is no such route.",
        code: "not_found",
        correlation_id: correlationIdOf(sent, randomUUID),
        success: false,
      }),
    );
};
