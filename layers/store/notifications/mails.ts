import type { Mail } from "../../domain/identity/mail.ts";
import type { Seal } from "../../platform/credentials/seal.ts";
import type { NewId } from "../../platform/ids.ts";
import { ADVISORY_LOCK_SEEDS } from "../pg/advisory-locks.ts";
import { type Executor, sql, type Transaction } from "../pg/database.ts";
import { dueLongest } from "../pg/outbox.ts";

/** A mail for the outbox. `sealedBody` opens only with `mailId`. */
export type NewMail = Omit<Mail, "body"> & {
  readonly mailId: string;
  readonly recipient: string;
  readonly sealedBody: Uint8Array;
  /** After this time the mail is useless and is given up. */
  readonly usefulSeconds: number;
};

/** Writes a mail to the outbox, in the transaction that causes it. */
export const insertMail = async (executor: Executor, mail: NewMail): Promise<void> => {
  await executor.query(sql`
    insert into identity.mail (mail_id, purpose, recipient, subject, sealed_body, give_up_at)
    values (
      ${mail.mailId},
      ${mail.purpose},
      ${mail.recipient},
      ${mail.subject},
      ${mail.sealedBody},
      now() + make_interval(secs => ${mail.usefulSeconds})
    )
  `);
};

/** Seals a mail and writes it to the outbox. */
export const sendMail = async (
  { newId, seal }: { readonly newId: NewId; readonly seal: Seal },
  tx: Transaction,
  recipient: string,
  { body, ...mail }: Mail,
  usefulSeconds = 86_400,
): Promise<void> => {
  const mailId = newId();
  const sealedBody = seal.seal(body, mailId);
  await insertMail(tx, { ...mail, mailId, recipient, usefulSeconds, sealedBody });
};

/** The most mails in one insert, so that no statement takes long. */
const MAILS_A_STATEMENT = 1_000;

/** Writes many mails to the outbox, in the transaction that causes them. */
export const insertMails = async (tx: Transaction, mails: readonly NewMail[]): Promise<void> => {
  for (let from = 0; from < mails.length; from += MAILS_A_STATEMENT) {
    const part = mails.slice(from, from + MAILS_A_STATEMENT);
    await tx.query(sql`
      insert into identity.mail (mail_id, purpose, recipient, subject, sealed_body, give_up_at)
      select mail_id, purpose, recipient, subject, sealed_body, now() + make_interval(secs => useful)
      from unnest(
        ${part.map(({ mailId }) => mailId)}::uuid[],
        ${part.map(({ purpose }) => purpose)}::text[],
        ${part.map(({ recipient }) => recipient)}::text[],
        ${part.map(({ subject }) => subject)}::text[],
        ${part.map(({ sealedBody }) => sealedBody)}::bytea[],
        ${part.map(({ usefulSeconds }) => usefulSeconds)}::float8[]
      ) as new (mail_id, purpose, recipient, subject, sealed_body, useful)
    `);
  }
};

/**
 * How many sign-up mails this address was sent in the last hour. Locks the address until the
 * transaction ends, so that two requests cannot both be the last one allowed, whether or not the
 * client exists.
 */
export const countSignUpMails = async (tx: Transaction, emailKey: string): Promise<number> => {
  await tx.query(
    sql`select pg_advisory_xact_lock(hashtextextended(${emailKey}, ${ADVISORY_LOCK_SEEDS.signUpMails}))`,
  );
  const { rows } = await tx.query<{ count: bigint }>(sql`
    select count(*) as count
    from identity.mail
    where lower(recipient) = ${emailKey}
      and purpose = 'sign_up'
      and created_at > now() - interval '1 hour'
  `);
  return Number(rows[0]?.count ?? 0n);
};

/** A mail that only this process may send until its lease ends. */
export type ClaimedMail = {
  readonly mailId: string;
  readonly recipient: string;
  readonly subject: string;
  readonly sealedBody: Uint8Array;
  readonly attempts: number;
};

const DUE_MAILS = dueLongest({
  ...{ table: "identity.mail", key: "mail_id", dueAt: "next_attempt_at" },
  unsent: "sealed_body is not null and give_up_at > now()",
});

/**
 * Leases the mails that are due longest: a process that dies while sending only delays its mails,
 * and several processes may send in parallel.
 */
export const claimMails = async (
  executor: Executor,
  options: { readonly limit: number; readonly leaseSeconds: number },
): Promise<readonly ClaimedMail[]> => {
  const { rows } = await executor.query<{
    mail_id: string;
    recipient: string;
    subject: string;
    sealed_body: Buffer;
    attempts: number;
  }>(sql`
    update identity.mail
    set attempts = attempts + 1,
        next_attempt_at = now() + make_interval(secs => ${options.leaseSeconds})
    where mail_id in (${DUE_MAILS} limit ${options.limit} for update skip locked)
    returning mail_id, recipient, subject, sealed_body, attempts
  `);
  return rows.map((row) => ({
    mailId: row.mail_id,
    recipient: row.recipient,
    subject: row.subject,
    sealedBody: row.sealed_body,
    attempts: row.attempts,
  }));
};

/** Marks the mail as sent and deletes its body. */
export const markSent = async (executor: Executor, mailId: string): Promise<void> => {
  await executor.query(sql`
    update identity.mail
    set sent_at = now(), sealed_body = null
    where mail_id = ${mailId} and sealed_body is not null
  `);
};

/** Returns the mail for another attempt later. */
export const postpone = async (
  executor: Executor,
  mailId: string,
  seconds: number,
): Promise<void> => {
  await executor.query(sql`
    update identity.mail
    set next_attempt_at = now() + make_interval(secs => ${seconds})
    where mail_id = ${mailId} and sealed_body is not null
  `);
};

/** Gives the mail up and deletes its body. */
export const markFailed = async (executor: Executor, mailId: string): Promise<void> => {
  await executor.query(sql`
    update identity.mail
    set failed_at = now(), sealed_body = null
    where mail_id = ${mailId} and sealed_body is not null
  `);
};

/** Gives up every mail that would arrive too late to be useful; returns how many. */
export const giveUpStaleMails = async (executor: Executor): Promise<number> => {
  const { count } = await executor.query(sql`
    update identity.mail
    set failed_at = now(), sealed_body = null
    where sealed_body is not null
      and next_attempt_at <= now()
      and give_up_at <= now()
  `);
  return count;
};
