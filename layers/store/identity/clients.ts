import type { ClientId } from "../../domain/identifiers.ts";
import type { Application, ClientStatus, Email, PersonName } from "../../domain/identity/client.ts";
import { type Executor, sql, type Transaction } from "../pg/database.ts";

/**
 * Stores a pending client, unless there is one already: what is entered later stays beside its own link.
 * Undefined when the e-mail belongs to a client.
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
    set email_key = excluded.email_key
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

/** A sign-up whose link was opened: its password may log in, which opens the account. */
export type OpenedSignUp = { readonly tokenHash: Buffer; readonly passwordHash: string };

/** What a login needs to know of a client. */
export type Credentials = {
  readonly clientId: ClientId;
  readonly email: Email;
  readonly firstName: PersonName;
  readonly passwordHash: string;
  readonly status: ClientStatus;
  /** Whether codes come from an authenticator app. */
  readonly hasTotp: boolean;
  /** Of a pending client, newest first. */
  readonly signUps: readonly OpenedSignUp[];
};

/** How many sign-ups with one address a login compares its password with. */
const SIGN_UPS_MAX = 3;

/** The credentials behind an e-mail; undefined when no client has it. */
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
    has_totp: boolean;
    sign_ups: readonly Buffer[];
    sign_up_passwords: readonly string[];
  }>(sql`
    select client.client_id, client.email, client.first_name, client.password_hash, client.status,
      totp.confirmed_at is not null as has_totp,
      coalesce(opened.token_hashes, '{}') as sign_ups,
      coalesce(opened.password_hashes, '{}') as sign_up_passwords
    from identity.client
    left join identity.totp using (client_id)
    cross join lateral (
      select array_agg(token_hash order by created_at desc) as token_hashes,
        array_agg(password_hash order by created_at desc) as password_hashes
      from (
        select token_hash, verification.password_hash, created_at
        from identity.verification
        where verification.client_id = client.client_id
          and client.status = 'pending'
          and opened_at is not null
          and used_at is null
          and expires_at > now()
        order by created_at desc
        limit ${SIGN_UPS_MAX}
      ) as newest
    ) as opened
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
    hasTotp: row.has_totp,
    signUps: row.sign_ups.map((tokenHash, index) => ({
      tokenHash,
      passwordHash: row.sign_up_passwords[index] ?? "",
    })),
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
