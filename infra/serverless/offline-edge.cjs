"use strict";

const { randomUUID } = require("node:crypto");
const { STATUS_CODES } = require("node:http");
const { join } = require("node:path");
const { pathToFileURL } = require("node:url");

const CODES = {
  400: "malformed_request",
  404: "not_found",
  413: "body_too_large",
  415: "unsupported_media_type",
};

/**
 * Answers a request that the server itself refuses (a bad path, a body that is too large) with a
 * problem document.
 */
const problem = (request, status) => {
  const sent = request.headers["x-correlation-id"];
  const correlationId = /^[\w.:-]{1,64}$/.test(sent ?? "") ? sent : randomUUID();
  const code = status >= 500 ? "internal_error" : (CODES[status] ?? "malformed_request");
  const title = STATUS_CODES[status] ?? "Error";
  return {
    headers: {
      "content-type": "application/problem+json",
      "x-instance": process.env.BROKERX_INSTANCE ?? "local",
      "x-correlation-id": correlationId,
      "cache-control": "no-store",
    },
    body: {
      type: `urn:brokerx:problem:${code}`,
      title,
      status,
      detail: status >= 500 ? "Something went wrong on our side." : `${title}.`,
      code,
      correlation_id: correlationId,
      success: false,
    },
  };
};

/**
 * Passes the body to the function as the bytes that were received. Otherwise serverless-offline
 * would parse a JSON body, turn a JSON string or `null` into the body itself, and replace invalid
 * UTF-8. It leaves only bodies of a binary type alone, so the type is changed on the way; the
 * function still sees the type that was sent.
 */
const keepBytes = (request, h) => {
  if (!Buffer.isBuffer(request.payload) || request.payload.length === 0) return h.continue;
  // A missing or empty type would become application/json.
  if (!request.headers["content-type"])
    request.raw.req.rawHeaders.push("content-type", "application/octet-stream");
  request.headers["content-type"] = "application/octet-stream";
  request.mime = "application/octet-stream";
  return h.continue;
};

/** hapi answers a content type that it cannot read with 400. */
const statusOf = ({ message, output }) =>
  message.startsWith("Invalid content-type") ? 415 : output.statusCode;

const explain = (request, h) => {
  const { response } = request;
  if (!response.isBoom) return h.continue;
  const { headers, body } = problem(request, statusOf(response));
  const answer = h.response(JSON.stringify(body)).code(body.status);
  for (const [name, value] of Object.entries(headers)) answer.header(name, value);
  return answer;
};

/**
 * Completes serverless-offline: without this plugin it loads a handler at the first request,
 * answers 200 with a stack trace when that fails, and answers refused requests in its own format.
 */
module.exports = class OfflineEdge {
  constructor(serverless) {
    this.serverless = serverless;
    // Validating serverless.yml costs three seconds the first time and half a second later, in each
    // of six processes at the same time. A test validates the file instead.
    if (process.env.BROKERX_SERVICE !== undefined)
      serverless.configSchemaHandler.validateConfig = () => Promise.resolve();
    this.hooks = {
      // `offline start` and `offline` are different commands with separate steps.
      "before:offline:start:init": () => this.prepare(),
      "before:offline:start": () => this.prepare(),
      "after:offline:start:init": () => {
        const server = this.apiServer();
        server.ext("onPreHandler", keepBytes);
        server.ext("onPreResponse", explain);
      },
      // An invoked function leaves its database pool open, which would keep the command running.
      "after:invoke:local:invoke": () => setImmediate(() => process.exit()),
    };
  }

  prepare() {
    // serverless-offline prints a table of its routes. The output of a service is its log, and each line
    // of a log is a JSON object.
    if (process.env.BROKERX_SERVICE !== undefined) console.log = () => {};
    return this.loadHandlers();
  }

  /** A handler that is missing or cannot start ends the process with a message. */
  async loadHandlers() {
    for (const [name, { handler }] of Object.entries(this.serverless.service.functions)) {
      const [, file, exported] = /^(.*)\.(\w+)$/.exec(handler);
      const path = join(this.serverless.serviceDir, `${file}.js`);
      const module = await import(pathToFileURL(path)).catch((error) => fail(name, error.message));
      if (typeof module[exported] !== "function") fail(name, `${path} exports no ${exported}`);
    }
  }

  apiServer() {
    const offline = this.serverless.pluginManager.plugins.find(
      (plugin) => plugin.constructor.name === "ServerlessOffline",
    );
    return offline.internals().getApiGatewayServer();
  }
};

module.exports.explain = explain;

const fail = (name, reason) => {
  process.stderr.write(`The function ${name} cannot start: ${reason}\n`);
  process.exit(1);
};
