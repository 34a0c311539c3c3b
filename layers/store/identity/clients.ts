import type { ClientId } from "../../domain/identifiers.ts";
import type { Application, ClientStatus, Email, PersonName } from "../../domain/identity/client.ts";
import { type Executor, sql, type Transaction } from "../pg/database.ts";

/**
 * Stores a pending client, or the newest application of one that is still pending: until the e-mail
 * is proved, nobody owns it. Undefined when the e-mail belongs to somebody already.
 */
export const savePendingClient = async (
  tx: Transaction,
  client: Omit<Application, "password"> & {
    readonly clientId: ClientId;
    readonly emailKey: string;
    readonly passwordHash: string;
  },
): Promise<ClientId | undefined> => {
  const { rows } = await tx.query<{ client_id: ClientId }>(sql`
    insert into identity.client as client (
      client_id, email, email_key, first_name, last_name, date_of_birth, password_hash
    )
    values (
      ${client.clientId}, ${client.email}, ${client.emailKey},
      ${client.firstName}, ${client.lastName}, ${client.dateOfBirth}, ${client.passwordHash}
    )
    on conflict (email_key) do update
    set email = excluded.email,
        first_name = excluded.first_name,
        last_name = excluded.last_name,
        date_of_birth = excluded.date_of_birth,
        password_hash = excluded.password_hash
    where client.status = 'pending'
    returning client_id
  `);
  return rows[0]?.client_id;
};

/** The client who owns an e-mail, and the address as they wrote it. */
export const findByEmail = async (
  executor: Executor,
  emailKey: string,
): Promise<{ readonly clientId: ClientId; readonly email: Email } | undefined> => {
  const { rows } = await executor.query<{ client_id: ClientId; email: Email }>(sql`
    select client_id, email
    from identity.client
    where email_key = ${emailKey}
  `);
  const row = rows[0];
  return row === undefined ? undefined : { clientId: row.client_id, email: row.email };
};

/** What a login needs to know of a client. */
export type Credentials = {
  readonly clientId: ClientId;
  readonly email: Email;
  readonly firstName: PersonName;
  readonly passwordHash: string;
  readonly status: ClientStatus;
};

/** The credentials behind an e-mail; undefined when nobody has it. */
export const findCredentials = async (
  executor: Executor,
  emailKey: string,
): Promise<Credentials | undefined> => {
  const { rows } = await executor.query<{
    client_id: ClientId;
    email: Email;
    first_name: PersonName;
    password_hash: string;
    status: ClientStatus;
  }>(sql`
    select client_id, email, first_name, password_hash, status
    from identity.client
    where email_key = ${emailKey}
  `);
  const row = rows[0];
  if (row === undefined) return undefined;
  return {
    clientId: row.client_id,
    email: row.email,
    firstName: row.first_name,
    passwordHash: row.password_hash,
    status: row.status,
  };
};

/** Replaces a hash by a stronger one of the same password, unless it was changed meanwhile. */
export const replaceHash = async (
  executor: Executor,
  change: { readonly clientId: ClientId; readonly from: string; readonly to: string },
): Promise<void> => {
  await executor.query(sql`
    update identity.client
    set password_hash = ${change.to}
    where client_id = ${change.clientId} and password_hash = ${change.from}
  `);
};

/** A client as the answers show it. */
export type KnownClient = {
  readonly clientId: ClientId;
  readonly email: Email;
  readonly firstName: PersonName;
  readonly lastName: PersonName;
};

/**
 * Makes a pending client active and opens its account: the right to trade and an empty cash balance.
 * Undefined when the client is not pending.
 */
export const activateClient = async (
  tx: Transaction,
  clientId: ClientId,
): Promise<KnownClient | undefined> => {
  const { rows } = await tx.query<{
    email: Email;
    first_name: PersonName;
    last_name: PersonName;
  }>(sql`
    update identity.client
    set status = 'active', verified_at = now()
    where client_id = ${clientId} and status = 'pending'
    returning email, first_name, last_name
  `);
  const row = rows[0];
  if (row === undefined) return undefined;
  await tx.query(sql`insert into trading.account (client_id) values (${clientId})`);
  await tx.query(sql`insert into ledger.balance (client_id, asset) values (${clientId}, 'USD')`);
  return { clientId, email: row.email, firstName: row.first_name, lastName: row.last_name };
};
