import { createAuthenticate } from "./http/authenticate.ts";
import { createClientCap } from "./platform/client-cap.ts";
import { systemClock } from "./platform/clock.ts";
import { loadConfig } from "./platform/config.ts";
import { createPasswords } from "./platform/credentials/passwords.ts";
import { createSeal } from "./platform/credentials/seal.ts";
import { createTokens } from "./platform/credentials/tokens.ts";
import { newUuid } from "./platform/ids.ts";
import { createLogger } from "./platform/logger.ts";
import { createMetrics } from "./platform/metrics.ts";
import { createNetworks } from "./platform/networks.ts";
import { createSandbox } from "./platform/payments.ts";
import { startTracing } from "./platform/tracing/tracing.ts";
import { openQueues } from "./queue/sqs.ts";
import { createStanding } from "./store/identity/standing.ts";
import { createReferenceData } from "./store/market/reference-data.ts";
import { createBacklog } from "./store/orders/backlog.ts";
import { createOrderBatcher } from "./store/orders/order-batcher.ts";
import { openDatabase } from "./store/pg/database.ts";
import { createNotifier, OUTBOX_CHANNEL } from "./store/pg/notify.ts";

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
  const queueOf = openQueues({
    queueUrl: config.sqsQueueUrl,
    endpoint: config.sqsEndpoint,
    region: config.awsRegion,
  });
  const tokens = createTokens({ keys: config.jwtKeys, ttlSeconds: config.jwtTtlSeconds, clock });
  const standing = createStanding(database, clock);
  return {
    config,
    logger,
    clock,
    newId: newUuid,
    metrics: createMetrics(),
    tokens,
    standing,
    payments: createSandbox({ clock, settlementSeconds: config.sandboxSettlementSeconds }),
    proxies: createNetworks(config.trustedProxies),
    authenticate: createAuthenticate({ database, tokens, standing, clock }),
    passwords: createPasswords(),
    seal: createSeal(config.mailSecret),
    /** The queue that health checks ask, in place of all queues. */
    queue: queueOf(0),
    queueOf,
    database,
    reference: createReferenceData(database),
    batcher: createOrderBatcher(database),
    waits: createClientCap(config.maxWaitsPerClient),
    snapshots: createClientCap(config.maxSnapshotsPerClient),
    backlog: createBacklog(database, { max: config.backlogMax }),
    /** Wakes the relay after a command was accepted. */
    outboxNotifier: createNotifier(database, OUTBOX_CHANNEL),
  };
};

/**
 * The dependencies of a process, built once at its cold start. Only handlers and mains import it.
 */
export const runtime = compose();

// This module must not use top-level await: serverless loads handlers by `require`, which refuses
// such modules.
void startTracing(runtime.config.tracing, {
  service: runtime.config.instance,
  logger: runtime.logger,
});

export type Runtime = typeof runtime;
