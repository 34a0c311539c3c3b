"use strict";

const { cloudParameters } = require("./cloud-parameters.cjs");
const { isForCloud } = require("./local-environment.cjs");

/** Values that only the cloud's resources need. */
module.exports = async ({ resolveVariable }) => {
  if (!isForCloud()) return {};
  const { queueArns, schemaChecksum } = await import("../cloud/resources.ts");
  const { edgeSecret, ownerPassword, secretNames } = await import("../cloud/secrets.ts");
  const { secrets } = await cloudParameters(resolveVariable);
  const { CONTENT_SECURITY_POLICY } = await import("../web/content-security-policy.ts");
  return {
    queueArns: queueArns(),
    schemaChecksum: schemaChecksum(),
    ownerPassword: ownerPassword(secrets),
    edgeSecret: edgeSecret(secrets),
    secretNames: secretNames(secrets).join(" "),
    contentSecurityPolicy: CONTENT_SECURITY_POLICY,
  };
};
