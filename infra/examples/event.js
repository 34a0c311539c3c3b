"use strict";

const { execFileSync } = require("node:child_process");
const { join } = require("node:path");

const START = join(__dirname, "../local/start.cjs");

/** A token for a demo account, as `npm run token` prints it; without one there is nothing to invoke. */
const tokenOf = (email) => {
  try {
    return execFileSync(process.execPath, [START, "token", email], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    }).trim();
  } catch {
    process.exit(1); // the program has said why
  }
};

/** A request of the demo client as API Gateway hands it to a function (payload version 2.0). */
exports.requestOf = ({ method, path, params, query = "", body, headers = {} }) => ({
  version: "2.0",
  routeKey: `${method} ${path}`,
  rawPath: path,
  rawQueryString: query,
  headers: {
    authorization: `Bearer ${tokenOf("demo@brokerx.local")}`,
    "content-type": "application/json",
    ...headers,
  },
  requestContext: { http: { method, path, sourceIp: "127.0.0.1" } },
  ...(params === undefined ? {} : { pathParameters: params }),
  ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  isBase64Encoded: false,
});
