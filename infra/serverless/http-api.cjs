"use strict";

const { isForCloud } = require("./local-environment.cjs");

/** Cross-origin headers of the cloud's API, as kong/kong.yml has them; here the gateway adds them. */
module.exports = () => {
  if (!isForCloud()) return {};
  const { readCors } = require("./kong-settings.cjs");
  return { cors: readCors() };
};
