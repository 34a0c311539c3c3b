import type { ClientId } from "../../domain/identifiers.ts";
import type { Application, Email, PersonName } from "../../domain/identity/client.ts";
import type { NewMail } from "../notifications/mails.ts";
import { type Executor, fragment, sql, type Transaction } from "../pg/database.ts";

/** How long after its link was opened the password of a sign-up may log in for the first time. */
const OPENED_DAYS = 30;

/** A sign-up with the hash of its link's token and the lifetime of the link. */
type NewVerification = Omit<Application, "password"> & {
  readonly tokenHash: Uint8Array;
  readonly clientId: ClientId;
  readonly passwordHash: string;
  readonly lifeSeconds: number;
};

/** Stores the details of a sign-up with its link. Links of other sign-ups do not change. */
export const insertVerification = async (
  tx: Transaction,
  signUp: NewVerification,
): Promise<void> => {
  await tx.query(sql`
    insert into identity.verification (
      token_hash, client_id, email, first_name, last_name, date_of_birth, password_hash, expires_at)
    values (
      ${signUp.tokenHash}, ${signUp.clientId}, ${signUp.email}, ${signUp.firstName},
      ${signUp.lastName}, ${signUp.dateOfBirth}, ${signUp.passwordHash},
      now() + make_interval(secs => ${signUp.lifeSeconds}))`);
};

/**
 * Adds a link to the newest sign-up of a pending client, and the mail with it. Returns undefined,
 * and writes nothing, when there is no such client or `allowed` is false. The same statement runs
 * in every case.
 */
export const mailVerification = async (
  executor: Executor,
  emailKey: string,
  link: {
    readonly tokenHash: Uint8Array;
    readonly lifeSeconds: number;
    readonly allowed: boolean;
    readonly mail: Omit<NewMail, "recipient">;
  },
): Promise<ClientId | undefined> => {
  const { mail } = link;
  const { rows } = await executor.query<{ client_id: ClientId }>(sql`
    with added as (
      insert into identity.verification (
        token_hash, client_id, email, first_name, last_name, date_of_birth, password_hash, expires_at)
      select ${link.tokenHash}::bytea, client.client_id, newest.email, newest.first_name, newest.last_name,
        newest.date_of_birth, newest.password_hash,
        now() + make_interval(secs => ${link.lifeSeconds})
      from identity.client
      cross join lateral (
        select * from identity.verification
        where verification.client_id = client.client_id
        order by created_at desc
        limit 1
      ) as newest
      where email_key = ${emailKey} and status = 'pending' and ${link.allowed}::boolean
      returning client_id, email
    ),
    mailed as (
      insert into identity.mail (mail_id, purpose, recipient, subject, sealed_body, give_up_at)
      select
        ${mail.mailId}::uuid, ${mail.purpose}, email, ${mail.subject},
        ${mail.sealedBody}::bytea, now() + make_interval(secs => ${mail.usefulSeconds})
      from added
    )
    select client_id from added
  `);
  return rows[0]?.client_id;
};

/** The sign-up of a link, and whether the account was opened with it. */
export type FoundSignUp = {
  readonly clientId: ClientId;
  readonly email: Email;
  readonly firstName: PersonName;
  readonly lastName: PersonName;
  readonly state: "pending" | "opened_by_this" | "void";
};

type Row = {
  readonly client_id: ClientId;
  readonly email: Email;
  readonly first_name: PersonName;
  readonly last_name: PersonName;
  readonly state: FoundSignUp["state"];
};

const COLUMNS = fragment`
  verification.client_id, verification.email, verification.first_name, verification.last_name,
  case
    when verification.used_at is not null and client.status = 'active' then 'opened_by_this'
    when verification.used_at is null and client.status = 'pending' and expires_at > now()
      then 'pending'
    else 'void'
  end as state`;

const toSignUp = (row: Row | undefined): FoundSignUp | undefined =>
  row && {
    clientId: row.client_id,
    email: row.email,
    firstName: row.first_name,
    lastName: row.last_name,
    state: row.state,
  };

/**
 * Records that a link was opened: from now on the password of its sign-up may log in. This does not
 * open an account, because mail scanners open links too.
 */
export const openLink = async (
  tx: Transaction,
  tokenHash: Uint8Array,
): Promise<FoundSignUp | undefined> => {
  const { rows } = await tx.query<Row>(sql`
    select ${COLUMNS}
    from identity.verification
    join identity.client using (client_id)
    where token_hash = ${tokenHash}`);
  const found = toSignUp(rows[0]);
  if (found?.state === "pending")
    await tx.query(sql`
      update identity.verification
      set opened_at = now(), expires_at = now() + make_interval(days => ${OPENED_DAYS})
      where token_hash = ${tokenHash} and opened_at is null`);
  return found;
};

/**
 * Finds a sign-up by its link and locks its client, so that only one of several sign-ups succeeds.
 */
export const lockSignUp = async (
  tx: Transaction,
  tokenHash: Uint8Array,
): Promise<FoundSignUp | undefined> => {
  await tx.query(sql`
    select from identity.client
    join identity.verification using (client_id)
    where token_hash = ${tokenHash}
    for update of client`);
  const { rows } = await tx.query<Row>(sql`
    select ${COLUMNS}
    from identity.verification
    join identity.client using (client_id)
    where token_hash = ${tokenHash}`);
  return toSignUp(rows[0]);
};

/**
 * Opens the account of a pending client with the details of one sign-up: the client becomes active,
 * may trade and has an empty cash balance. All other sign-ups with the address become void.
 */
export const openAccount = async (
  tx: Transaction,
  clientId: ClientId,
  tokenHash: Uint8Array,
): Promise<void> => {
  const { count } = await tx.query(sql`
    update identity.client
    set status = 'active', verified_at = now(), email = signed_up.email,
      first_name = signed_up.first_name, last_name = signed_up.last_name,
      date_of_birth = signed_up.date_of_birth, password_hash = signed_up.password_hash
    from identity.verification as signed_up
    where client.client_id = ${clientId} and status = 'pending' and token_hash = ${tokenHash}`);
  if (count !== 1) throw new Error(`client ${clientId} is not pending`);
  await tx.query(sql`
    update identity.verification
    set used_at = case when token_hash = ${tokenHash} then now() end,
      expires_at = case when token_hash = ${tokenHash} then expires_at else now() end
    where client_id = ${clientId} and used_at is null`);
  await tx.query(sql`insert into trading.account (client_id) values (${clientId})`);
  await tx.query(sql`insert into ledger.balance (client_id, asset) values (${clientId}, 'USD')`);
};
