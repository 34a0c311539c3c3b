import { after } from "node:test";
import type { ClientId } from "../domain/identifiers.ts";
import {
  type Application,
  emailKey,
  parseDay,
  parseEmail,
  parseName,
} from "../domain/identity/client.ts";
import { systemClock } from "../platform/clock.ts";
import { hmacKeyRing } from "../platform/credentials/key-ring.ts";
import { createPasswords } from "../platform/credentials/passwords.ts";
import { createSeal } from "../platform/credentials/seal.ts";
import { hashToken, newToken } from "../platform/credentials/secrets.ts";
import { createTokens } from "../platform/credentials/tokens.ts";
import { newUuid } from "../platform/ids.ts";
import { createSemaphore } from "../platform/semaphore.ts";
import { savePendingClient } from "../store/identity/clients.ts";
import { insertVerification } from "../store/identity/verifications.ts";
import { type Database, openDatabase, sql } from "../store/pg/database.ts";
import { createClient } from "../store/seeding/fund.ts";
import { openTestSession } from "./clients.ts";
import { asRole, TEST_JWT_KEY, TEST_MAIL_SECRET } from "./http.ts";
import { testLogger } from "./logger.ts";

/** The dependencies of identity's use cases, on a connection with identity's own privileges. */
export const identityDeps = (url: string, poolSize = 20) => {
  const database = openDatabase({
    url: asRole(url, "brokerx_identity"),
    poolSize,
    applicationName: "test identity",
  });
  after(() => database.end());
  return {
    config: { publicUrl: "http://broker.test", refreshTtlSeconds: 2_592_000 },
    database,
    clock: systemClock,
    newId: newUuid,
    passwords: createPasswords(createSemaphore({ running: 2, waiting: 1_000 })),
    seal: createSeal(TEST_MAIL_SECRET),
    logger: testLogger(),
    tokens: createTokens({
      keys: hmacKeyRing([TEST_JWT_KEY]),
      ttlSeconds: 3_600,
      clock: systemClock,
    }),
  };
};

export const PASSWORD = "a long walk to the lighthouse";

/** A person who signs up. */
export const applicationOf = (email: string, password = PASSWORD): Application => {
  const parsed = {
    email: parseEmail(email),
    firstName: parseName("Ada"),
    lastName: parseName("Lovelace"),
    dateOfBirth: parseDay("1990-12-10"),
  };
  const { email: address, firstName, lastName, dateOfBirth } = parsed;
  if (!address || !firstName || !lastName || !dateOfBirth) throw new Error(`bad e-mail ${email}`);
  return { email: address, password, firstName, lastName, dateOfBirth };
};

/** Every queued mail to this address, decrypted, oldest first. */
export const mailsTo = async (
  database: Database,
  email: string,
): Promise<readonly { readonly subject: string; readonly body: string }[]> => {
  const { rows } = await database.query<{ mail_id: string; subject: string; sealed_body: Buffer }>(
    sql`
      select mail_id, subject, sealed_body
      from identity.mail
      where lower(recipient) = lower(${email}) and sealed_body is not null
      order by created_at, mail_id`,
  );
  const seal = createSeal(TEST_MAIL_SECRET);
  return rows.map((row) => ({
    subject: row.subject,
    body: seal.open(row.sealed_body, row.mail_id),
  }));
};

/** The newest token mailed to this address. */
export const mailedToken = async (database: Database, email: string): Promise<string> => {
  const bodies = (await mailsTo(database, email)).map(({ body }) => body);
  const token = bodies.flatMap((body) => /token=([\w-]+)/.exec(body)?.[1] ?? []).at(-1);
  if (token === undefined) throw new Error(`no link was mailed to ${email}`);
  return token;
};

/** The newest login code mailed to this address. */
export const mailedCode = async (database: Database, email: string): Promise<string> => {
  const bodies = (await mailsTo(database, email)).map(({ body }) => body);
  const code = bodies.flatMap((body) => /code is (\d{6})/.exec(body)?.[1] ?? []).at(-1);
  if (code === undefined) throw new Error(`no code was mailed to ${email}`);
  return code;
};

/** How many audit rows each action has. */
export const auditCounts = async (
  database: Database,
): Promise<Readonly<Record<string, number>>> => {
  const { rows } = await database.query<{ action: string; count: number }>(sql`
    select action, count(*)::integer as count from trading.audit group by action`);
  return Object.fromEntries(rows.map(({ action, count }) => [action, count]));
};

/** Creates a client who has confirmed the e-mail address and has the password {@link PASSWORD}. */
export const activeClient = async (
  database: Database,
  { email, passwordHash }: { readonly email: string; readonly passwordHash: string },
): Promise<ClientId> => {
  const clientId = newUuid() as ClientId;
  const names = { firstName: "Ada", lastName: "Lovelace" };
  await createClient(database, { clientId, email, passwordHash, ...names });
  await openTestSession(database, clientId);
  return clientId;
};

/** Creates a client who has not confirmed the e-mail address yet, with a valid link. */
export const pendingClient = (
  database: Database,
  email: string,
  passwordHash = "no password opens this account",
): Promise<{ readonly clientId: ClientId; readonly token: string }> =>
  database.transaction(async (tx) => {
    const newId = newUuid() as ClientId;
    const application = applicationOf(email);
    const client = { ...application, clientId: newId, emailKey: emailKey(email), passwordHash };
    const clientId = (await savePendingClient(tx, client)) ?? newId;
    const token = newToken();
    const tokenHash = hashToken(token);
    await insertVerification(tx, { ...client, tokenHash, clientId, lifeSeconds: 60 });
    return { clientId, token };
  });
