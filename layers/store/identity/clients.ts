import type { ClientId } from "../../domain/identifiers.ts";
import type { Application, ClientStatus, Email, PersonName } from "../../domain/identity/client.ts";
import { type Executor, sql, type Transaction } from "../pg/database.ts";

/**
 * Stores a pending client, unless the address already has one: later sign-ups are stored with their
 * own links. Undefined when the address belongs to an active client.
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

/** The client with an e-mail address, and the address as the client wrote it. */
export const findByEmail = async (
  executor: Executor,
  emailKey: string,
): Promise<
  { readonly clientId: ClientId; readonly email: Email; readonly status: ClientStatus } | undefined
> => {
  const { rows } = await executor.query<{
    client_id: ClientId;
    email: Email;
    status: ClientStatus;
  }>(sql`
    select client_id, email, status
    from identity.client
    where email_key = ${emailKey}
  `);
  const row = rows[0];
  return row && { clientId: row.client_id, email: row.email, status: row.status };
};

/** A sign-up whose link was opened: its password may log in, which opens the account. */
type OpenedSignUp = { readonly tokenHash: Buffer; readonly passwordHash: string };

/** What a login must know about a client. */
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

/** The credentials of an e-mail address; undefined when no client has it. */
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

/** Replaces a hash by a stronger hash of the same password, unless it was changed meanwhile. */
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

/** A client's own details. */
export type Profile = {
  readonly clientId: ClientId;
  readonly email: Email;
  readonly firstName: PersonName;
  readonly lastName: PersonName;
  readonly dateOfBirth: string;
  readonly status: ClientStatus;
  readonly wantsMail: boolean;
  readonly roles: readonly string[];
  readonly hasTotp: boolean;
  readonly createdAt: Date;
};

/** The details of a client who has an account. */
export const findProfile = async (
  db: Executor,
  clientId: ClientId,
): Promise<Profile | undefined> => {
  const { rows } = await db.query<{
    email: Email;
    first_name: PersonName;
    last_name: PersonName;
    date_of_birth: string;
    status: ClientStatus;
    wants_mail: boolean;
    roles: readonly string[];
    has_totp: boolean;
    created_at: Date;
  }>(sql`
    select email, first_name, last_name, date_of_birth::text as date_of_birth, status, wants_mail,
      roles, totp.confirmed_at is not null as has_totp, client.created_at
    from identity.client
    left join identity.totp using (client_id)
    where client_id = ${clientId}`);
  const [row] = rows;
  if (row === undefined) return undefined;
  return {
    clientId,
    email: row.email,
    firstName: row.first_name,
    lastName: row.last_name,
    dateOfBirth: row.date_of_birth,
    status: row.status,
    wantsMail: row.wants_mail,
    roles: row.roles,
    hasTotp: row.has_totp,
    createdAt: row.created_at,
  };
};

/** Changes the details that need no confirmation; undefined details stay. */
export const updateProfile = async (
  db: Executor,
  clientId: ClientId,
  change: {
    readonly firstName: PersonName | undefined;
    readonly lastName: PersonName | undefined;
    readonly wantsMail: boolean | undefined;
  },
): Promise<void> => {
  await db.query(sql`
    update identity.client
    set first_name = coalesce(${change.firstName ?? null}, first_name),
      last_name = coalesce(${change.lastName ?? null}, last_name),
      wants_mail = coalesce(${change.wantsMail ?? null}::boolean, wants_mail)
    where client_id = ${clientId}`);
};

/**
 * Sets a new password. What was begun with the old one becomes invalid: login codes, and links to a
 * new password or a new address.
 */
export const setPassword = async (
  tx: Transaction,
  clientId: ClientId,
  passwordHash: string,
): Promise<void> => {
  await tx.query(sql`
    update identity.client set password_hash = ${passwordHash} where client_id = ${clientId}`);
  await endPending(tx, clientId);
};

/**
 * Locks an active client until the transaction ends, so that a suspension waits for it and finds what it
 * wrote; false when the client is not active.
 */
export const lockActiveClient = async (tx: Transaction, clientId: ClientId): Promise<boolean> => {
  const { count } = await tx.query(sql`
    select from identity.client where client_id = ${clientId} and status = 'active' for share`);
  return count === 1;
};

/** Ends the login codes and links of a client that were not used yet. */
export const endPending = async (tx: Transaction, clientId: ClientId): Promise<void> => {
  await tx.query(sql`
    update identity.challenge
    set expires_at = now()
    where client_id = ${clientId} and purpose = 'login' and passed_at is null
      and expires_at > now()`);
  await tx.query(sql`
    update identity.link
    set expires_at = now()
    where client_id = ${clientId} and used_at is null and expires_at > now()`);
};

/**
 * Sets the status of a client and, with it, whether its account may trade. Login codes and links
 * from before are not valid afterwards.
 */
export const setStatus = async (
  tx: Transaction,
  clientId: ClientId,
  status: "active" | "suspended" | "closed",
): Promise<void> => {
  await tx.query(sql`
    update identity.client set status = ${status} where client_id = ${clientId}`);
  await tx.query(sql`
    update trading.account
    set status = ${status}
    where client_id = ${clientId}`);
  await endPending(tx, clientId);
};
