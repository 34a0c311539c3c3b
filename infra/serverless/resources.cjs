"use strict";

const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { parse } = require("yaml");
const { cloudParameters } = require("./cloud-parameters.cjs");
const { readLimitedPaths } = require("./kong-settings.cjs");
const { isForCloud } = require("./local-environment.cjs");

const FILES = ["network", "database", "tasks", "page"];

const read = (name) =>
  parse(readFileSync(join(__dirname, "../cloud/resources", `${name}.yml`), "utf8"));

/** What the stack has besides functions; nothing for the commands that run functions here. */
module.exports = async ({ resolveVariable }) => {
  if (!isForCloud()) return {};
  const { generatedResources } = await import("../cloud/resources.ts");
  const { strictRoutes } = await import("../cloud/throttling.ts");
  const services = await resolveVariable("self:custom.services");
  const strict = strictRoutes(services, readLimitedPaths());
  const generated = generatedResources(services, await cloudParameters(resolveVariable));
  const { extensions, Outputs } = read("api");
  return {
    Resources: Object.assign({}, ...FILES.map(read), generated),
    extensions: { ...extensions, HttpApiStage: limited(extensions.HttpApiStage, strict) },
    Outputs,
  };
};

const limited = (stage, { Properties, DependsOn }) => ({
  Properties: { ...stage.Properties, ...Properties },
  DependsOn,
});
