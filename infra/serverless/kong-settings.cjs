"use strict";

const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { parse } = require("yaml");

const readKong = () => parse(readFileSync(join(__dirname, "../../kong/kong.yml"), "utf8"));

/** The paths whose requests Kong limits by address: those of login and sign-up. */
exports.readLimitedPaths = () =>
  readKong()
    .services.flatMap(({ routes }) => routes)
    .filter(({ plugins = [] }) =>
      plugins.some(({ name, config }) => name === "rate-limiting" && config.limit_by === "ip"),
    )
    .flatMap(({ paths }) => paths);

/** The settings of Kong's plugin, as serverless names them. */
exports.readCors = () => {
  const { plugins } = readKong();
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
