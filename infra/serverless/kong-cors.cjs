"use strict";

const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { parse } = require("yaml");

/** The settings of Kong's plugin, as serverless names them. */
exports.readCors = () => {
  const { plugins } = parse(readFileSync(join(__dirname, "../../kong/kong.yml"), "utf8"));
  const { config } = plugins.find(({ name }) => name === "cors");
  return {
    allowedOrigins: config.origins,
    allowedMethods: config.methods,
    allowedHeaders: config.headers,
    exposedResponseHeaders: config.exposed_headers,
    allowCredentials: config.credentials,
    maxAge: config.max_age,
  };
};
