import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import type { LogFile } from "../launcher/log-file.ts";
import { type PostgresServer, runningServer, startPostgres } from "./postgres.ts";

const RESTART_MS = 1_000;
const STOP_WITHIN_MS = 15_000;

type Options = {
  readonly folder: string;
  readonly port: number;
  readonly password: string;
};

/** A PostgreSQL server that is restarted when it ends by itself, until this process stops it. */
export type KeptPostgres = {
  readonly url: (database: string) => string;
  readonly stop: () => Promise<void>;
};

/** Starts the server and keeps it alive; the first start must succeed. */
export const keepPostgres = async (
  options: Options,
  log: LogFile,
  say: (line: string) => void,
): Promise<KeptPostgres> => {
  const start = () =>
    startPostgres({
      ...options,
      folder: join(options.folder, "postgres"),
      onLog: log.write,
    });
  let server: PostgresServer = await start();
  let stopping = false;
  const watch = async (): Promise<void> => {
    for (;;) {
      await server.exited;
      if (stopping) return;
      say(`postgres ended and starts again in ${RESTART_MS} ms (see logs/postgres.log)`);
      await delay(RESTART_MS);
      if (stopping) return;
      const startedAt = Date.now();
      try {
        server = await start();
        say(`postgres is back after ${((Date.now() - startedAt) / 1_000).toFixed(1)} s`);
      } catch (error) {
        say(error instanceof Error ? error.message : String(error));
      }
    }
  };
  const life = watch();
  const stop = async (): Promise<void> => {
    stopping = true;
    await server.stop();
    await life;
  };
  return { url: server.url, stop };
};

const isOurs = async (options: Options): Promise<boolean> => {
  const client = new pg.Client({
    connectionString: `postgres://brokerx_owner:${options.password}@127.0.0.1:${options.port}/postgres`,
    connectionTimeoutMillis: 2_000,
  });
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
};

/**
 * Stops a PostgreSQL server that a killed launcher left running; returns whether there was one. The
 * server is recognised by its lock file and by accepting our password, because another process may
 * have its number by now.
 */
export const stopOrphan = async (options: Options): Promise<boolean> => {
  const folder = join(options.folder, "postgres");
  const pid = await runningServer(folder);
  if (pid === undefined || !(await isOurs(options))) return false;
  process.kill(pid, "SIGINT");
  const deadline = Date.now() + STOP_WITHIN_MS;
  while ((await runningServer(folder)) === pid) {
    if (Date.now() > deadline)
      throw new Error(
        `The PostgreSQL of a killed run (process ${pid}) does not stop. Fix: kill ${pid}`,
      );
    await delay(50);
  }
  return true;
};
