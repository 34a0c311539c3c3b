"use strict";

const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { parse } = require("yaml");
const { cloudParameters } = require("./cloud-parameters.cjs");
const { isForCloud } = require("./local-environment.cjs");

const FILES = ["network", "database", "tasks", "page"];

const read = (name) =>
  parse(readFileSync(join(__dirname, "../cloud/resources", `${name}.yml`), "utf8"));

/** What the stack has besides functions; nothing for the commands that run functions here. */
module.exports = async ({ resolveVariable }) => {
  if (!isForCloud()) return {};
  const { generatedResources } = await import("../cloud/resources.ts");
  const services = await resolveVariable("self:custom.services");
  const generated = generatedResources(services, await cloudParameters(resolveVariable));
  return {
    Resources: Object.assign({}, ...FILES.map(read), generated),
    ...read("api"),
  };
};
