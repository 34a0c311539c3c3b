import type { ClientId } from "../../domain/identifiers.ts";
import type { NewMail } from "../notifications/mails.ts";
import { type Executor, sql, type Transaction } from "../pg/database.ts";

/** The hash of the token in a sign-up link, and how long the link works. */
export type NewVerification = {
  readonly tokenHash: Uint8Array;
  readonly clientId: ClientId;
  readonly lifeSeconds: number;
};

/** Makes this the only link that works: the links of earlier applications confirm other details. */
export const replaceVerification = async (
  tx: Transaction,
  verification: NewVerification,
): Promise<void> => {
  await tx.query(sql`
    with ended as (
      update identity.verification
      set used_at = now()
      where client_id = ${verification.clientId} and used_at is null
    )
    insert into identity.verification (token_hash, client_id, expires_at)
    values (
      ${verification.tokenHash},
      ${verification.clientId},
      now() + make_interval(secs => ${verification.lifeSeconds})
    )
  `);
};

/**
 * Adds a link, and the mail that carries it, for a client who is still pending. Undefined, and nothing
 * written, when nobody pending has the e-mail or `allowed` is false; one statement in every case.
 */
export const mailVerification = async (
  executor: Executor,
  emailKey: string,
  link: Omit<NewVerification, "clientId"> & {
    readonly allowed: boolean;
    readonly mail: Omit<NewMail, "recipient">;
  },
): Promise<ClientId | undefined> => {
  const { mail } = link;
  const { rows } = await executor.query<{ client_id: ClientId }>(sql`
    with added as (
      insert into identity.verification (token_hash, client_id, expires_at)
      select ${link.tokenHash}, client_id, now() + make_interval(secs => ${link.lifeSeconds})
      from identity.client
      where email_key = ${emailKey} and status = 'pending' and ${link.allowed}::boolean
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
    select client_id from added
  `);
  return rows[0]?.client_id;
};

/** Uses a link, once; undefined when it is unknown, used or too old. */
export const useVerification = async (
  tx: Transaction,
  tokenHash: Uint8Array,
): Promise<ClientId | undefined> => {
  const { rows } = await tx.query<{ client_id: ClientId }>(sql`
    update identity.verification
    set used_at = now()
    where token_hash = ${tokenHash} and used_at is null and expires_at > now()
    returning client_id
  `);
  return rows[0]?.client_id;
};
