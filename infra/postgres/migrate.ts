import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { ADVISORY_LOCKS } from "../../layers/store/pg/advisory-locks.ts";

const FOLDER = join(import.meta.dirname, "migrations");

type Migration = {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
};

/** Reads the numbered files, lowest first; throws when a file has no number or one that is taken. */
export const readMigrations = async (folder = FOLDER): Promise<readonly Migration[]> => {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  return Promise.all(
    names.map(async (name, index) => {
      const version = Number(name.slice(0, 4));
      if (!(version > 0) || names[index - 1]?.startsWith(name.slice(0, 4)))
        throw new Error(`${name} breaks the numbering of the migrations.`);
      const sql = await readFile(join(folder, name), "utf8");
      return { version, name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
    }),
  );
};

/** Where a database stands: the migrations it has, oldest first. */
const readApplied = async (client: pg.Client) => {
  await client.query(`
    create table if not exists public.migration (
      version integer primary key,
      name text not null,
      checksum text not null,
      applied_at timestamptz not null default now()
    )`);
  const { rows } = await client.query<{ version: number; name: string; checksum: string }>(
    "select version, name, checksum from public.migration order by version",
  );
  return rows;
};

const apply = async (client: pg.Client, migration: Migration): Promise<void> => {
  await client.query("begin");
  try {
    await client.query(migration.sql);
    await client.query(
      "insert into public.migration (version, name, checksum) values ($1, $2, $3)",
      [migration.version, migration.name, migration.checksum],
    );
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw new Error(`Migration ${migration.name} failed.`, { cause: error });
  }
};

/**
 * Brings the database up to this code, under an advisory lock so that several processes may start at
 * once. Refuses a database that is newer than the code, and one whose applied migrations differ from
 * the files. Also refuses a server that could lose a committed order (`fsync` off). Returns how many
 * migrations were applied.
 */
export const migrate = async (databaseUrl: string, folder = FOLDER): Promise<number> => {
  const migrations = await readMigrations(folder);
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await refuseUnsafeServer(client);
    await client.query("select pg_advisory_lock($1)", [ADVISORY_LOCKS.migrate]);
    const applied = await readApplied(client);
    for (const row of applied) {
      const known = migrations.find(({ version }) => version === row.version);
      if (known === undefined)
        throw new Error(
          `The database is newer than this code: it has migration ${row.name}. Run the newer version of BrokerX, or another database.`,
        );
      if (known.checksum !== row.checksum)
        throw new Error(
          `Migration ${known.name} was changed after it had been applied. Restore the file and write a new migration instead.`,
        );
    }
    // Not "all above the last": work that lands side by side may bring a lower number later.
    const missing = migrations.filter(
      ({ version }) => !applied.some((row) => row.version === version),
    );
    for (const migration of missing) await apply(client, migration);
    return missing.length;
  } finally {
    await client.end();
  }
};

const refuseUnsafeServer = async (client: pg.Client): Promise<void> => {
  const { rows } = await client.query<{ name: string; setting: string }>(
    "select name, setting from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit')",
  );
  const unsafe = rows.filter(({ setting }) => setting === "off").map(({ name }) => name);
  if (unsafe.length > 0)
    throw new Error(
      `PostgreSQL runs with ${unsafe.join(" and ")} off: a crash could lose accepted orders.`,
    );
};
