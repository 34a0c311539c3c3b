import type { ClientId } from "../../domain/identifiers.ts";
import type { Email, PersonName } from "../../domain/identity/client.ts";
import { type Executor, sql } from "../pg/database.ts";

/** The address and name for mails to a client. */
export const findRecipient = async (
  db: Executor,
  clientId: ClientId,
): Promise<{ readonly email: Email; readonly firstName: PersonName } | undefined> => {
  const { rows } = await db.query<{ email: Email; first_name: PersonName }>(sql`
    select email, first_name from identity.client where client_id = ${clientId}`);
  return rows[0] && { email: rows[0].email, firstName: rows[0].first_name };
};
