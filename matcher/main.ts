import { checkHealth, type Health } from "../layers/platform/health.ts";
import { startStatusServer } from "../layers/platform/status-server.ts";
import { runtime } from "../layers/runtime.ts";
import { sql } from "../layers/store/database.ts";
import { type Matcher, startMatcher } from "./matcher.ts";

// The matcher's process: it owns the books, and is closed until they are rebuilt.

const { config, database, logger, metrics, queue } = runtime;
let matcher: Matcher | undefined;

const health = async (): Promise<Health> => {
  const checks = await checkHealth({
    database: () => database.query(sql`select 1 as one`),
    queue: () => queue.check(),
  });
  const symbols = Object.entries(matcher?.symbols() ?? {});
  const shut = symbols.filter(([, state]) => state !== "open").map(([symbol]) => symbol);
  const books = matcher === undefined ? "rebuilding" : shut.length > 0 ? `closed: ${shut}` : "ok";
  return { ...checks, books };
};

const { matcherPort: port, instance } = config;
const status = await startStatusServer({ port, instance, health, registry: metrics.registry });

let stopping = false;
const stop = async (code: number): Promise<void> => {
  if (stopping) return;
  stopping = true;
  await matcher?.stop();
  await status.close();
  await database.end();
  process.exit(code);
};
process.on("SIGTERM", () => void stop(0));
process.on("SIGINT", () => void stop(0));

matcher = await startMatcher({
  ...runtime,
  // Whoever was fenced must not write again; a new process finds out who owns what.
  onFenced: () => void stop(1),
});
logger.info({ symbols: Object.keys(matcher.symbols()).length }, "books open");
