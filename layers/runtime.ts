import { systemClock } from "./platform/clock.ts";
import { loadConfig } from "./platform/config.ts";
import { newUuid } from "./platform/ids.ts";
import { createLogger } from "./platform/logger.ts";
import { createMetrics } from "./platform/metrics.ts";
import { createPasswords } from "./platform/passwords.ts";
import { createSeal } from "./platform/seal.ts";
import { createTokens } from "./platform/tokens.ts";
import { openQueue } from "./queue/sqs.ts";
import { createBell, OUTBOX_CHANNEL } from "./store/bell.ts";
import { openDatabase } from "./store/database.ts";
import { createOrderIntake } from "./store/order-intake.ts";
import { createReferenceData } from "./store/reference-data.ts";

const compose = () => {
  const config = loadConfig();
  const logger = createLogger({ service: config.instance, level: config.logLevel });
  const clock = systemClock;
  const database = openDatabase({
    url: config.databaseUrl,
    poolSize: config.databasePoolSize,
    applicationName: config.instance,
    onIdleError: (error) => logger.warn({ err: error }, "a database connection was lost"),
  });
  return {
    config,
    logger,
    clock,
    newId: newUuid,
    metrics: createMetrics(),
    tokens: createTokens({ keys: config.jwtKeys, ttlSeconds: config.jwtTtlSeconds, clock }),
    passwords: createPasswords(),
    seal: createSeal(config.mailSecret),
    queue: openQueue({
      queueUrl: config.sqsQueueUrl,
      endpoint: config.sqsEndpoint,
      region: config.awsRegion,
    }),
    database,
    reference: createReferenceData(database),
    intake: createOrderIntake(database),
    /** Rung after a command was accepted. */
    bell: createBell(database, OUTBOX_CHANNEL),
  };
};

/** Everything a process is made of, built once at its cold start. Only handlers and mains import it. */
export const runtime = compose();

export type Runtime = typeof runtime;
