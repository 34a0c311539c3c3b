import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { emailKey, parseEmail } from "../../../layers/domain/identity/client.ts";
import type { Seal } from "../../../layers/platform/credentials/seal.ts";
import type { Logger } from "../../../layers/platform/logger.ts";
import { type Database, openDatabase, sql } from "../../../layers/store/pg/database.ts";
import { createAdmin } from "../../postgres/create-admin.ts";
import { migrate } from "../../postgres/migrate.ts";
import { setPasswords } from "../../postgres/role-passwords.ts";

type Options = {
  /** Connects as the owner of the database. */
  readonly ownerUrl: string;
  /** By role, without the prefix `brokerx_`. */
  readonly rolePasswords: Readonly<Record<string, string>>;
  /** The e-mail address of the first administrator; empty for none. */
  readonly administrator: string;
  readonly seal: Seal;
  readonly publicUrl: string;
  readonly logger: Logger;
};

const WRONG_PASSWORD = "28P01";
const PASSWORD_WAIT_MS = 120_000;
const RETRY_MS = 2_000;

/** What was done; nothing when the database was as it should be. */
export type Prepared = { readonly migrations: number; readonly administrator: "invited" | "kept" };

/**
 * Applies the missing migrations, sets the passwords of the roles, and invites the first administrator.
 * Doing it again changes nothing. There is no demo data.
 */
export const prepareDatabase = async (options: Options): Promise<Prepared> => {
  const { ownerUrl, rolePasswords, administrator, seal, publicUrl } = options;
  await waitForPassword(options);
  const migrations = await migrate(ownerUrl);
  await setPasswords(ownerUrl, rolePasswords);
  const database = openDatabase({ url: ownerUrl, poolSize: 1, applicationName: "migration" });
  try {
    if (administrator === "" || (await isAdministrator(database, administrator)))
      return { migrations, administrator: "kept" };
    await createAdmin({ database, seal, publicUrl }, administrator);
    return { migrations, administrator: "invited" };
  } finally {
    await database.end();
  }
};

/** RDS sets the new password of the owner some time after the request. */
const waitForPassword = async ({ ownerUrl, logger }: Options): Promise<void> => {
  const deadline = Date.now() + PASSWORD_WAIT_MS;
  for (;;) {
    const client = new pg.Client({ connectionString: ownerUrl });
    try {
      await client.connect();
      return;
    } catch (error) {
      const isWrong = error instanceof pg.DatabaseError && error.code === WRONG_PASSWORD;
      if (!isWrong || Date.now() > deadline) throw error;
      logger.warn({}, "the database does not accept the owner's password yet");
      await delay(RETRY_MS);
    } finally {
      await client.end();
    }
  }
};

const isAdministrator = async (database: Database, text: string): Promise<boolean> => {
  const email = parseEmail(text);
  if (email === undefined) throw new Error(`${text} is not an e-mail address.`);
  const { rows } = await database.query(sql`
    select from identity.client
    where email_key = ${emailKey(email)} and 'admin' = any(roles)`);
  return rows.length > 0;
};
