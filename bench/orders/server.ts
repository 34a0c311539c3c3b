import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { type PostgresServer, startPostgres } from "../../infra/local/postgres/postgres.ts";
import { migrate } from "../../infra/postgres/migrate.ts";
import { freePort } from "../../layers/testing/free-port.ts";

/** A PostgreSQL server for the benchmark, with a database for us and one for pgbench. */
export type BenchServer = {
  readonly url: (database: "brokerx" | "pgbench") => string;
  readonly pid: number;
  readonly stop: () => Promise<void>;
};

/** Starts the embedded server as laptop mode does: fsync on, every setting at its default. */
export const startBenchServer = async (): Promise<BenchServer> => {
  const folder = await mkdtemp(join(tmpdir(), "brokerx-bench-"));
  const server = await startPostgres({ folder, port: await freePort(), password: "bench" });
  const stop = async (): Promise<void> => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await createDatabases(server);
    await migrate(server.url("brokerx"));
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: server.url, pid: server.pid, stop };
};

const createDatabases = async (server: PostgresServer): Promise<void> => {
  const client = new pg.Client({ connectionString: server.url("postgres") });
  await client.connect();
  try {
    for (const name of ["brokerx", "pgbench"]) await client.query(`create database ${name}`);
  } finally {
    await client.end();
  }
};
