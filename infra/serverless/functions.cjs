"use strict";

const { localEnvironment } = require("./local-environment.cjs");

/**
 * The functions of the service in BROKERX_SERVICE and the functions of every service; all functions
 * without it.
 */
module.exports = async ({ resolveVariable }) => {
  const { every: inEveryService, ...services } = await resolveVariable("self:custom.services");
  const chosen = process.env.BROKERX_SERVICE;
  if (chosen !== undefined && services[chosen] === undefined)
    throw new Error(
      `BROKERX_SERVICE=${chosen}: the services are ${Object.keys(services).join(", ")}.`,
    );
  const names = chosen === undefined ? Object.keys(services) : [chosen];
  const common = withEnvironment(inEveryService, names[0]);
  return Object.assign({}, ...names.map((name) => withEnvironment(services[name], name)), common);
};

const withEnvironment = (functions, service) => {
  const environment = localEnvironment(service);
  return Object.fromEntries(
    Object.entries(functions).map(([name, definition]) => [name, { ...definition, environment }]),
  );
};
