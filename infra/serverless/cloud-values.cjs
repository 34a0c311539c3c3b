"use strict";

const { isForCloud } = require("./local-environment.cjs");

/** Values that only the cloud's resources need. */
module.exports = async () => {
  if (!isForCloud()) return {};
  const { queueArns, schemaChecksum } = await import("../cloud/resources.ts");
  const { CONTENT_SECURITY_POLICY } = await import("../web/content-security-policy.ts");
  return {
    queueArns: queueArns(),
    schemaChecksum: schemaChecksum(),
    contentSecurityPolicy: CONTENT_SECURITY_POLICY,
  };
};
