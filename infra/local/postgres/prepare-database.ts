import pg from "pg";
import { openDatabase } from "../../../layers/store/pg/database.ts";
import { migrate } from "../../postgres/migrate.ts";
import { seed } from "../../postgres/seed.ts";

const NAME = "brokerx";

const withOwner = async <T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};

const createDatabase = (url: string): Promise<void> =>
  withOwner(url, async (client) => {
    const found = await client.query("select 1 from pg_database where datname = $1", [NAME]);
    if (found.rowCount === 0) await client.query(`create database ${NAME}`);
  });

/** The migrations create the roles; the process that starts the server sets their passwords. */
const setPasswords = (url: string, passwords: Readonly<Record<string, string>>): Promise<void> =>
  withOwner(url, async (client) => {
    for (const [role, password] of Object.entries(passwords))
      await client.query(
        `alter role ${client.escapeIdentifier(`brokerx_${role}`)} password ${client.escapeLiteral(password)}`,
      );
  });

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
