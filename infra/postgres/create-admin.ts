import { randomBytes } from "node:crypto";
import type { ClientId } from "../../layers/domain/identifiers.ts";
import { INVITATION_SECONDS, invitationMail } from "../../layers/domain/identity/account-mail.ts";
import { emailKey, parseEmail } from "../../layers/domain/identity/client.ts";
import { createPasswords } from "../../layers/platform/credentials/passwords.ts";
import type { Seal } from "../../layers/platform/credentials/seal.ts";
import { hashToken, newToken } from "../../layers/platform/credentials/secrets.ts";
import { newUuid } from "../../layers/platform/ids.ts";
import { recordAudit } from "../../layers/store/audit/audit.ts";
import { findByEmail } from "../../layers/store/identity/clients.ts";
import { insertLink } from "../../layers/store/identity/links.ts";
import { sendMail } from "../../layers/store/notifications/mails.ts";
import { type Database, sql } from "../../layers/store/pg/database.ts";
import { createClient } from "../../layers/store/seeding/fund.ts";

/**
 * Creates an operator with this e-mail address, or gives an existing client the role, and mails a
 * link to choose a password. Until then the account has no password that anyone knows.
 */
export const createAdmin = async (
  {
    database,
    seal,
    publicUrl,
  }: { readonly database: Database; readonly seal: Seal; readonly publicUrl: string },
  text: string,
): Promise<ClientId> => {
  const email = parseEmail(text);
  if (email === undefined) throw new Error(`${text} is not an e-mail address.`);
  const passwordHash = await createPasswords().hash(randomBytes(32).toString("base64url"));
  return database.transaction(async (tx) => {
    const known = await findByEmail(tx, emailKey(email));
    const clientId = known?.clientId ?? (newUuid() as ClientId);
    if (known === undefined)
      await createClient(tx, {
        ...{ clientId, email, firstName: "BrokerX", lastName: "Operator", passwordHash },
        maxOpenOrders: 0,
      });
    await tx.query(sql`
      update identity.client
      set roles = array(select distinct unnest(roles || array['admin']))
      where client_id = ${clientId} and status = 'active'`);
    const token = newToken();
    await insertLink(tx, {
      ...{ tokenHash: hashToken(token), clientId, purpose: "password_reset" },
      lifeSeconds: INVITATION_SECONDS,
    });
    await sendMail({ newId: newUuid, seal }, tx, email, invitationMail(publicUrl, token));
    await recordAudit(tx, {
      ...{ clientId, action: "administrator_created", subject: clientId },
      correlationId: newUuid(),
    });
    return clientId;
  });
};
