import type { ClientId } from "../../domain/identifiers.ts";
import type { Credential, Principal } from "../../domain/identity/session.ts";
import { type Executor, sql } from "../pg/database.ts";

/** The client of a ticket, with the credential it was issued for and when that expires. */
type TicketHolder = Principal<ClientId> & { readonly tokenExpiresAt: Date };

const CLEARED_AT_ONCE = 100;

/** Stores the hash of a ticket, and purges some expired tickets. */
export const keepTicket = async (
  db: Executor,
  ticket: TicketHolder & { readonly hash: Buffer; readonly expiresAt: Date },
): Promise<void> => {
  await db.query(sql`
    with cleared as (
      delete from market.ticket
      where ticket_hash in (
        select ticket_hash
        from market.ticket
        where expires_at < now()
        order by expires_at
        limit ${CLEARED_AT_ONCE})
    )
    insert into market.ticket (
      ticket_hash, client_id, credential_kind, credential_id, token_expires_at, expires_at)
    values (
      ${ticket.hash}, ${ticket.clientId}, ${ticket.credential.kind}, ${ticket.credential.id},
      ${ticket.tokenExpiresAt}, ${ticket.expiresAt})`);
};

/** Uses up a ticket: of several requests with the same ticket, at most one gets the client. */
export const takeTicket = async (
  db: Executor,
  hash: Buffer,
  now: Date,
): Promise<TicketHolder | undefined> => {
  const { rows } = await db.query<{
    readonly client_id: ClientId;
    readonly credential_kind: Credential["kind"];
    readonly credential_id: string;
    readonly token_expires_at: Date;
    readonly is_valid: boolean;
  }>(sql`
    delete from market.ticket
    where ticket_hash = ${hash}
    returning client_id, credential_kind, credential_id, token_expires_at, expires_at > ${now} as is_valid`);
  const row = rows[0];
  if (row?.is_valid !== true) return undefined;
  return {
    clientId: row.client_id,
    credential: { kind: row.credential_kind, id: row.credential_id },
    tokenExpiresAt: row.token_expires_at,
  };
};
