import { closeMonth } from "../../functions/close-month/close-month.ts";
import { createExpiry } from "../../functions/expire-orders/expire-orders.ts";
import { purgeOld } from "../../functions/notify/purge-old.ts";
import { startNotifier } from "../../functions/notify/start-notifier.ts";
import { reportStatement } from "../../functions/report-statement/report-statement.ts";
import { sealAudit } from "../../functions/seal-audit/seal-audit.ts";
import { settleWithdrawals } from "../../functions/settle-withdrawals/settle-withdrawals.ts";
import { systemClock } from "../../layers/platform/clock.ts";
import { loadConfig } from "../../layers/platform/config.ts";
import { createSeal } from "../../layers/platform/credentials/seal.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { createLogger } from "../../layers/platform/logger.ts";
import { startLoop } from "../../layers/platform/loop.ts";
import { createMailer } from "../../layers/platform/mail.ts";
import { createSandbox } from "../../layers/platform/payments.ts";
import { stopOnSignal } from "../../layers/platform/process.ts";
import { flushTraces, startTracing } from "../../layers/platform/tracing/tracing.ts";
import { openDatabase } from "../../layers/store/pg/database.ts";
import { createNotifier, OUTBOX_CHANNEL } from "../../layers/store/pg/notify.ts";

// The process of the worker: every task that no request starts, on a laptop, in Compose and in the
// cloud. Each kind of task has its own database role.

const config = loadConfig();
const logger = createLogger({ service: config.instance, level: config.logLevel });
await startTracing(config.tracing, { service: config.instance, logger });
const clock = systemClock;
const POOL_SIZE = 3;
const HOUR_MS = 3_600_000;

const open = (url: string) =>
  openDatabase({
    ...{ url, poolSize: POOL_SIZE, applicationName: config.instance },
    onIdleError: (error) => logger.warn({ err: error }, "a database connection was lost"),
  });
const scheduling = open(config.databaseUrl);
const notifying = open(process.env["NOTIFIER_DATABASE_URL"] ?? config.databaseUrl);

const expire = createExpiry({
  ...{ database: scheduling, clock, logger },
  outboxNotifier: createNotifier(scheduling, OUTBOX_CHANNEL),
});
const mailer = createMailer({ smtpUrl: config.smtpUrl, from: config.mailFrom });
const payments = createSandbox({ clock, settlementSeconds: config.sandboxSettlementSeconds });
const seal = createSeal(...config.mailSecrets);

/** A task that runs at the start and again after each pause. */
const regular = (name: string, pauseMs: number, task: () => Promise<unknown>) =>
  startLoop({
    ...{ name, logger, pauseMs },
    pass: async () => {
      await task();
      return "idle";
    },
  });

const loops = [
  startNotifier({ ...{ database: notifying, clock, newId: newUuid }, ...{ seal, mailer, logger } }),
  startLoop({
    ...{ name: "purge", logger, pauseMs: HOUR_MS, retryMs: HOUR_MS, longestRetryMs: HOUR_MS },
    pass: () => purgeOld({ database: notifying, logger }),
  }),
  regular("close month", HOUR_MS, () =>
    closeMonth({
      ...{ database: notifying, clock, logger, seal, newId: newUuid },
      statementOf: reportStatement,
    }),
  ),
  regular("expire orders", 1_000, expire),
  regular("settle withdrawals", 1_000, () =>
    settleWithdrawals({ ...{ database: scheduling, payments, logger, seal }, newId: newUuid }),
  ),
  regular("seal audit", 1_000, () => sealAudit({ database: scheduling, logger })),
];
logger.info({}, "worker started");

stopOnSignal({
  logger,
  stop: [
    () => Promise.all(loops.map((loop) => loop.stop())),
    flushTraces,
    () => Promise.all([scheduling.end(), notifying.end()]),
  ],
});
