import { createHash } from "node:crypto";
import { glob, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import pg from "pg";
import { ADVISORY_LOCKS } from "../../layers/store/pg/advisory-locks.ts";

/** `schema` creates a new database; `migrations` are the changes since. */
const FOLDERS = {
  schema: join(import.meta.dirname, "schema"),
  migrations: join(import.meta.dirname, "migrations"),
};
const BASELINE = 1;

type Migration = {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
};

const migrationOf = (version: number, name: string, sql: string): Migration => {
  const checksum = createHash("sha256").update(sql).digest("hex");
  return { version, name, sql, checksum };
};

const filesIn = async (folder: string): Promise<readonly string[]> =>
  (await Array.fromAsync(glob("**/*.sql", { cwd: folder }))).sort();

/** Reads the files of the schema, ordered by path, as the first migration. */
const readSchema = async (folder: string): Promise<Migration> => {
  const names = await filesIn(folder);
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  return migrationOf(BASELINE, "schema", texts.join("\n"));
};

/**
 * Reads the schema and the numbered files after it, lowest number first. Throws when a file's
 * number is not above the schema's or is used twice.
 */
const readMigrations = async (folders = FOLDERS): Promise<readonly Migration[]> => {
  const names = await filesIn(folders.migrations);
  const numbered = names.map(async (name, index) => {
    const version = Number(basename(name).slice(0, 4));
    if (!(version > BASELINE) || names[index - 1]?.startsWith(name.slice(0, 4)))
      throw new Error(`${name} breaks the numbering of the migrations.`);
    return migrationOf(version, name, await readFile(join(folders.migrations, name), "utf8"));
  });
  return [await readSchema(folders.schema), ...(await Promise.all(numbered))];
};

type Applied = { readonly version: number; readonly name: string; readonly checksum: string };

const readApplied = async (client: pg.Client): Promise<readonly Applied[]> => {
  await client.query(`
    create table if not exists public.migration (
      version integer primary key,
      name text not null,
      checksum text not null,
      applied_at timestamptz not null default now()
    )`);
  const { rows } = await client.query<Applied>(
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

/** Throws a message when the applied migrations differ from these files. */
const refuseForeign = (migrations: readonly Migration[], applied: readonly Applied[]): void => {
  for (const row of applied) {
    const known = migrations.find(({ version }) => version === row.version);
    if (row.version === BASELINE && row.checksum !== known?.checksum)
      throw new Error(
        "The database was made by another version of BrokerX that cannot be upgraded. Delete the data and begin anew with: npm start -- --reset",
      );
    if (known === undefined)
      throw new Error(
        `The database is newer than this code: it has migration ${row.name}. Run the newer version of BrokerX, or use another database.`,
      );
    if (known.checksum !== row.checksum)
      throw new Error(
        `Migration ${known.name} was changed after it had been applied. Restore the file and write a new migration instead.`,
      );
  }
};

/**
 * Migrates the database to this version of the code, under an advisory lock so that several
 * processes may start at once. Refuses a database that is newer than the code, one whose applied
 * migrations differ from the files, and a server that could lose a committed order (`fsync` off).
 * Returns how many migrations were applied.
 */
export const migrate = async (databaseUrl: string, folders = FOLDERS): Promise<number> => {
  const migrations = await readMigrations(folders);
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await refuseUnsafeServer(client);
    await client.query("select pg_advisory_lock($1)", [ADVISORY_LOCKS.migrate]);
    const applied = await readApplied(client);
    refuseForeign(migrations, applied);
    // Not only those above the last number: two branches may add migrations in either order.
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
