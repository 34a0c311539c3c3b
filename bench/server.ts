import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "../infra/local/postgres/postgres.ts";
import { migrate } from "../infra/postgres/migrate.ts";
import { ROLES } from "../infra/postgres/roles.ts";
import { freePort } from "../layers/testing/free-port.ts";
import { execute, openRoles } from "../layers/testing/server.ts";

const PASSWORD = "bench";

/** A PostgreSQL server for a benchmark, with a database for us and one for pgbench. */
export type BenchServer = {
  readonly url: (database: "brokerx" | "pgbench") => string;
  readonly pid: number;
  readonly stop: () => Promise<void>;
};

/** Starts the embedded server as laptop mode does: fsync on, every setting at its default. */
export const startBenchServer = async (): Promise<BenchServer> => {
  const folder = await mkdtemp(join(tmpdir(), "brokerx-bench-"));
  const server = await startPostgres({ folder, port: await freePort(), password: PASSWORD });
  const stopAtExit = () => process.kill(server.pid, "SIGINT"); // a benchmark failed
  process.once("exit", stopAtExit);
  const stop = async (): Promise<void> => {
    process.off("exit", stopAtExit);
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    for (const name of ["brokerx", "pgbench"])
      await execute(server.url("postgres"), `create database ${name}`);
    await migrate(server.url("brokerx"));
    await openRoles(server.url("brokerx"), ROLES, PASSWORD);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: server.url, pid: server.pid, stop };
};
