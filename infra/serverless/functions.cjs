"use strict";

const { isForCloud, localEnvironment } = require("./local-environment.cjs");
const { cloudParameters } = require("./cloud-parameters.cjs");

/**
 * On this computer the functions of the service named by BROKERX_SERVICE and those of every service, or
 * all there are; for the cloud those that run in Lambda (infra/cloud/definitions.ts).
 */
module.exports = async ({ resolveVariable }) => {
  const services = await resolveVariable("self:custom.services");
  if (isForCloud()) {
    const { cloudDefinitions } = await import("../cloud/definitions.ts");
    return cloudDefinitions(services, await cloudParameters(resolveVariable));
  }
  return localFunctions(services);
};

const localFunctions = ({ every, ...services }) => {
  const chosen = process.env.BROKERX_SERVICE;
  if (chosen !== undefined && services[chosen] === undefined)
    throw new Error(
      `BROKERX_SERVICE=${chosen}: the services are ${Object.keys(services).join(", ")}.`,
    );
  const names = chosen === undefined ? Object.keys(services) : [chosen];
  const common = withEnvironment(every, names[0]);
  return Object.assign({}, ...names.map((name) => withEnvironment(services[name], name)), common);
};

const withEnvironment = (functions, service) => {
  const environment = localEnvironment(service);
  return Object.fromEntries(
    Object.entries(functions).map(([name, definition]) => [name, { ...definition, environment }]),
  );
};
