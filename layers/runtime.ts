import { createEdgeCheck } from "./http/address.ts";
import { createAuthenticate } from "./http/authenticate.ts";
import { createClientCap } from "./platform/client-cap.ts";
import { systemClock } from "./platform/clock.ts";
import { loadConfig } from "./platform/config.ts";
import { createSeal } from "./platform/credentials/seal.ts";
import { createTokens } from "./platform/credentials/tokens.ts";
import { newUuid } from "./platform/ids.ts";
import { createLogger } from "./platform/logger.ts";
import { createMetrics } from "./platform/metrics.ts";
import { createNetworks } from "./platform/networks.ts";
import { createSandbox } from "./platform/payments.ts";
import { startTracing } from "./platform/tracing/tracing.ts";
import { createCredentialValidity } from "./store/identity/credential-validity.ts";
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
  const tokens = createTokens({ keys: config.jwtKeys, ttlSeconds: config.jwtTtlSeconds, clock });
  const validity = createCredentialValidity(database, clock);
  const readsAhead = !config.freezes;
  /** Notified after a command was accepted. */
  const outboxNotifier = createNotifier(database, OUTBOX_CHANNEL);
  return {
    config,
    logger,
    clock,
    newId: newUuid,
    metrics: createMetrics(),
    tokens,
    validity,
    payments: createSandbox({ clock, settlementSeconds: config.sandboxSettlementSeconds }),
    proxies: {
      ...createNetworks(config.trustedProxies),
      isEdge: createEdgeCheck(config.edgeSecret),
    },
    authenticate: createAuthenticate({ database, tokens, validity, clock }),
    seal: createSeal(...config.mailSecrets),
    database,
    reference: createReferenceData(database, { clock, readsAhead }),
    batcher: createOrderBatcher(database),
    waits: createClientCap(config.maxWaitsPerClient),
    snapshots: createClientCap(config.maxSnapshotsPerClient),
    reports: createClientCap(config.maxReportsPerClient),
    backlog: createBacklog(database, { max: config.backlogMax, clock, readsAhead }),
    outboxNotifier,
    // A process that is frozen after its answer would send the notification when it is next called.
    ...(config.freezes ? { beforeAnswer: outboxNotifier.sent } : {}),
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
