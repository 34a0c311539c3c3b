"use strict";

/** What a deployment may choose, with `--param="name=value"`; the defaults are in serverless.yml. */
exports.cloudParameters = async (resolveVariable) => ({
  stage: await resolveVariable("sls:stage"),
  image: await resolveVariable("param:image"),
  mailSecret: await resolveVariable("param:mailSecret"),
  mailFrom: await resolveVariable("param:mailFrom"),
  alarmMail: await resolveVariable("param:alarmMail"),
  hashingConcurrency: Number(await resolveVariable("param:hashingConcurrency")),
});
