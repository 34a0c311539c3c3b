"use strict";

/** The settings of serverless-offline. A process has three ports; only `http` is for clients. */
module.exports = async ({ resolveVariable }) => {
  const ports = await resolveVariable("self:custom.ports");
  const { BROKERX_INSTANCE, BROKERX_SERVICE, BROKERX_PORT_OFFSET, LISTEN_HOST } = process.env;
  const own = ports[BROKERX_INSTANCE] ?? ports[BROKERX_SERVICE] ?? ports.identity;
  const offset = Number(BROKERX_PORT_OFFSET ?? 0);
  return {
    host: LISTEN_HOST ?? "127.0.0.1",
    httpPort: own.http + offset,
    lambdaPort: own.lambda + offset,
    websocketPort: own.websocket + offset,
    useInProcess: true,
    noTimeout: true,
    noSponsor: true,
    noPrependStageInUrl: true,
    disableCookieValidation: true,
  };
};
