"use strict";

/** What a deployment may choose, with `--param="name=value"`; the defaults are in serverless.yml. */
exports.cloudParameters = async (resolveVariable) => {
  const { parseSecretVersions } = await import("../cloud/secrets.ts");
  return {
    stage: await resolveVariable("sls:stage"),
    image: await resolveVariable("param:image"),
    mailSecret: await resolveVariable("param:mailSecret"),
    mailFrom: await resolveVariable("param:mailFrom"),
    alarmMail: await resolveVariable("param:alarmMail"),
    hashingConcurrency: Number(await resolveVariable("param:hashingConcurrency")),
    secrets: parseSecretVersions({
      passwords: await resolveVariable("param:passwords"),
      jwtKeys: await resolveVariable("param:jwtKeys"),
      mailKey: await resolveVariable("param:mailKey"),
    }),
  };
};
