import pg from "pg";
import { openDatabase } from "../../../layers/store/pg/database.ts";
import { migrate } from "../../postgres/migrate.ts";
import { setPasswords } from "../../postgres/role-passwords.ts";
import { seed } from "../../postgres/seed.ts";

const NAME = "brokerx";

const createDatabase = async (url: string): Promise<void> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const found = await client.query("select 1 from pg_database where datname = $1", [NAME]);
    if (found.rowCount === 0) await client.query(`create database ${NAME}`);
  } finally {
    await client.end();
  }
};

/**
 * Brings a server to the state that the code needs: database, migrations, role passwords and, when
 * asked for, demo data.
 */
export const prepareDatabase = async (
  urlOf: (database: string) => string,
  rolePasswords: Readonly<Record<string, string>>,
  demo: Parameters<typeof seed>[1] | undefined,
): Promise<void> => {
  await createDatabase(urlOf("postgres"));
  await migrate(urlOf(NAME));
  await setPasswords(urlOf(NAME), rolePasswords);
  if (demo === undefined) return;
  const database = openDatabase({ url: urlOf(NAME), poolSize: 2, applicationName: "launcher" });
  try {
    await seed(database, demo);
  } finally {
    await database.end();
  }
};
