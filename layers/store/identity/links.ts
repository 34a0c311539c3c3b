import type { ClientId } from "../../domain/identifiers.ts";
import type { Email, PersonName } from "../../domain/identity/client.ts";
import type { NewMail } from "../notifications/mails.ts";
import { ADVISORY_LOCK_SEEDS } from "../pg/advisory-locks.ts";
import { type Executor, sql, type Transaction } from "../pg/database.ts";
import { endPending } from "./clients.ts";

/**
 * Mails an active client a link for a new password. Returns undefined, and writes nothing, when
 * there is no such client or the limit of an hour is reached. The same two statements run in every
 * case.
 */
export const mailPasswordReset = async (
  tx: Transaction,
  emailKey: string,
  link: {
    readonly tokenHash: Uint8Array;
    readonly lifeSeconds: number;
    readonly perHour: number;
    readonly mail: Omit<NewMail, "recipient">;
  },
): Promise<ClientId | undefined> => {
  const { mail } = link;
  await tx.query(
    sql`select pg_advisory_xact_lock(hashtextextended(${emailKey}, ${ADVISORY_LOCK_SEEDS.signUpMails}))`,
  );
  const { rows } = await tx.query<{ client_id: ClientId }>(sql`
    with added as (
      insert into identity.link (token_hash, client_id, purpose, expires_at)
      select ${link.tokenHash}::bytea, client_id, 'password_reset',
        now() + make_interval(secs => ${link.lifeSeconds})
      from identity.client
      where email_key = ${emailKey} and status = 'active'
        and (
          select count(*) from identity.link
          where link.client_id = client.client_id and purpose = 'password_reset'
            and created_at > now() - interval '1 hour') < ${link.perHour}
      returning client_id
    ),
    mailed as (
      insert into identity.mail (mail_id, purpose, recipient, subject, sealed_body, give_up_at)
      select
        ${mail.mailId}::uuid, ${mail.purpose}, email, ${mail.subject},
        ${mail.sealedBody}::bytea, now() + make_interval(secs => ${mail.usefulSeconds})
      from added
      join identity.client using (client_id)
    )
    select client_id from added`);
  return rows[0]?.client_id;
};

/** Stores the hash of a link. */
export const insertLink = async (
  tx: Transaction,
  link: {
    readonly tokenHash: Uint8Array;
    readonly clientId: ClientId;
    readonly purpose: "password_reset" | "email_change";
    readonly email?: Email;
    readonly lifeSeconds: number;
  },
): Promise<void> => {
  await tx.query(sql`
    insert into identity.link (token_hash, client_id, purpose, email, expires_at)
    values (
      ${link.tokenHash}, ${link.clientId}, ${link.purpose}, ${link.email ?? null},
      now() + make_interval(secs => ${link.lifeSeconds}))`);
};

/** How many links to new addresses a client requested in the last hour. */
export const countEmailChanges = async (tx: Transaction, clientId: ClientId): Promise<number> => {
  const { rows } = await tx.query<{ count: bigint }>(sql`
    select count(*) as count from identity.link
    where client_id = ${clientId} and purpose = 'email_change'
      and created_at > now() - interval '1 hour'`);
  return Number(rows[0]?.count ?? 0n);
};

/** The active client of a valid link for a new password. */
export const findResetClient = async (
  db: Executor,
  tokenHash: Uint8Array,
): Promise<
  { readonly clientId: ClientId; readonly email: Email; readonly firstName: PersonName } | undefined
> => {
  const { rows } = await db.query<{
    client_id: ClientId;
    email: Email;
    first_name: PersonName;
  }>(sql`
    select client_id, client.email, first_name
    from identity.link
    join identity.client using (client_id)
    where token_hash = ${tokenHash} and purpose = 'password_reset'
      and used_at is null and expires_at > now() and status = 'active'`);
  const row = rows[0];
  return row && { clientId: row.client_id, email: row.email, firstName: row.first_name };
};

/**
 * Uses a link for a new password, and ends all other such links of the client; returns whether it
 * was valid.
 */
export const useResetLink = async (
  tx: Transaction,
  clientId: ClientId,
  tokenHash: Uint8Array,
): Promise<boolean> => {
  await tx.query(sql`select from identity.client where client_id = ${clientId} for update`);
  const { rows } = await tx.query<{ token_hash: Buffer }>(sql`
    update identity.link
    set used_at = now()
    where client_id = ${clientId} and purpose = 'password_reset' and used_at is null
      and exists (
        select from identity.link as shown
        where shown.token_hash = ${tokenHash} and shown.used_at is null
          and shown.expires_at > now())
    returning token_hash`);
  return rows.some(({ token_hash }) => token_hash.equals(tokenHash));
};

/** The result of a link to a new address. */
export type EmailChange = {
  readonly clientId: ClientId;
  readonly firstName: PersonName;
  readonly oldEmail: Email;
  readonly email: Email;
  /** False when the link was used before. */
  readonly changed: boolean;
};

/**
 * Changes a client's address by the link that was mailed to the new address. A used link is
 * confirmed again while its address is still the client's. Undefined when the link is not valid or
 * the address belongs to another client.
 */
export const changeEmail = async (
  tx: Transaction,
  tokenHash: Uint8Array,
): Promise<EmailChange | undefined> => {
  const { rows } = await tx.query<{
    client_id: ClientId;
    first_name: PersonName;
    old_email: Email;
    email: Email;
    usable: boolean;
    is_current: boolean;
  }>(sql`
    select client_id, first_name, client.email as old_email, link.email,
      used_at is null and expires_at > now() as usable,
      lower(link.email) = email_key as is_current
    from identity.link
    join identity.client using (client_id)
    where token_hash = ${tokenHash} and purpose = 'email_change' and status = 'active'
    for update`);
  const [row] = rows;
  if (row === undefined || !(row.usable || row.is_current)) return undefined;
  const { client_id: clientId, email } = row;
  const change = { clientId, firstName: row.first_name, oldEmail: row.old_email, email };
  if (!row.usable) return { ...change, changed: false };
  await releaseAddress(tx, email);
  const { count } = await tx.query(sql`
    update identity.client
    set email = ${email}, email_key = lower(${email}::text)
    where client_id = ${clientId}
      and not exists (
        select from identity.client as holder
        where holder.email_key = lower(${email}::text) and holder.client_id <> ${clientId})`);
  if (count === 0) return undefined;
  await tx.query(sql`update identity.link set used_at = now() where token_hash = ${tokenHash}`);
  // Codes and links that were mailed before may be in a mailbox that is no longer the client's.
  await endPending(tx, clientId);
  return { ...change, changed: true };
};

/**
 * Takes an address from incomplete sign-ups, and makes their links void: the owner of the
 * mailbox has just confirmed it for another client.
 */
const releaseAddress = async (tx: Transaction, email: Email): Promise<void> => {
  const { rows } = await tx.query<{ client_id: ClientId }>(sql`
    update identity.client
    set email_key = client_id::text
    where email_key = lower(${email}::text) and status = 'pending'
    returning client_id`);
  const [pending] = rows;
  if (pending === undefined) return;
  await tx.query(sql`
    update identity.verification
    set expires_at = now()
    where client_id = ${pending.client_id} and used_at is null and expires_at > now()`);
};
