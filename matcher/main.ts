import { checkHealth, type Health } from "../layers/platform/health.ts";
import { stopOnSignal } from "../layers/platform/process.ts";
import { startStatusServer } from "../layers/platform/status-server.ts";
import { flushTraces } from "../layers/platform/tracing/tracing.ts";
import { openQueues } from "../layers/queue/sqs.ts";
import { runtime } from "../layers/runtime.ts";
import { openDatabase, sql } from "../layers/store/pg/database.ts";
import { type Matcher, startMatcher } from "./matcher.ts";

// The process of the matcher: it owns books, which are closed until they are rebuilt. Several
// matchers share the shards, each with its own instance name.

/**
 * How long reading or settling a book may take. A single command can trigger the stops of very many
 * clients. It must be settled even when this takes long, because the commands after it wait for it.
 */
const BOOK_TIMEOUT_MS = 600_000;
/**
 * No client waits for the matcher's connections, and rebuilding all books helps no overloaded
 * database: it gets more time than in a request.
 */
const CONNECT_TIMEOUT_MS = 5_000;

const { config, logger, metrics } = runtime;
const pool = {
  url: config.databaseUrl,
  poolSize: config.databasePoolSize,
  applicationName: config.instance,
  connectTimeoutMs: CONNECT_TIMEOUT_MS,
  onIdleError: (error: Error) => logger.warn({ err: error }, "a database connection was lost"),
};
const database = openDatabase(pool);
const bookDatabase = openDatabase({ ...pool, statementTimeoutMs: BOOK_TIMEOUT_MS });
const { sqsQueueUrl: queueUrl, sqsEndpoint: endpoint, awsRegion: region } = config;
const queueOf = openQueues({ queueUrl, endpoint, region });
let matcher: Matcher | undefined;

const health = async (): Promise<Health> => {
  const checks = await checkHealth({
    database: () => database.query(sql`select 1 as one`),
    queue: () => queueOf(0).check(),
  });
  const symbols = Object.entries(matcher?.symbols() ?? {});
  const shut = symbols.filter(([, state]) => state !== "open").map(([symbol]) => symbol);
  const books = matcher === undefined ? "rebuilding" : shut.length > 0 ? `closed: ${shut}` : "ok";
  const unowned = matcher?.shards().unowned ?? [];
  return { ...checks, books, shards: unowned.length > 0 ? `without a holder: ${unowned}` : "ok" };
};

const { matcherPort: port, listenHost: host, instance } = config;
const status = await startStatusServer({
  port,
  host,
  instance,
  health,
  registry: metrics.registry,
});

const { requestStop } = stopOnSignal({
  logger,
  stop: [() => matcher?.stop(), status.close, flushTraces, database.end, bookDatabase.end],
});

try {
  matcher = await startMatcher({ ...runtime, database, bookDatabase, queueOf });
  logger.info(
    { ...matcher.shards(), symbols: Object.keys(matcher.symbols()).length },
    "books open",
  );
} catch (error) {
  logger.error({ err: error }, "the matcher did not start");
  await requestStop(1);
}
