import type { ClientId } from "../../layers/domain/identifiers.ts";
import {
  addressChangeMail,
  EMAIL_CHANGE_SECONDS,
  newAddressMail,
  RESET_MAILS_PER_HOUR,
} from "../../layers/domain/identity/account-mail.ts";
import { type Email, emailKey } from "../../layers/domain/identity/client.ts";
import { knownEmailMail } from "../../layers/domain/identity/mail.ts";
import { accept, type Outcome, refuse } from "../../layers/domain/outcome.ts";
import type { Seal } from "../../layers/platform/credentials/seal.ts";
import { hashToken, newToken } from "../../layers/platform/credentials/secrets.ts";
import type { NewId } from "../../layers/platform/ids.ts";
import { recordAudit } from "../../layers/store/audit/audit.ts";
import { findByEmail, findProfile } from "../../layers/store/identity/clients.ts";
import {
  changeEmail,
  countEmailChanges,
  type EmailChange,
  insertLink,
} from "../../layers/store/identity/links.ts";
import { lockSession } from "../../layers/store/identity/sessions.ts";
import { sendMail } from "../../layers/store/notifications/mails.ts";
import { type Database, sqlState } from "../../layers/store/pg/database.ts";

const UNIQUE_VIOLATION = "23505";

type Deps = {
  readonly config: { readonly publicUrl: string };
  readonly database: Database;
  readonly newId: NewId;
  readonly seal: Seal;
};

type Request = {
  readonly clientId: ClientId;
  readonly sessionId: string;
  readonly email: Email;
  readonly correlationId: string;
};

/**
 * Mails a link to the new address and notifies the old one. An address of another client gets the
 * mail for a known address instead; the answer is the same. Throws SessionEnded when the session of
 * the request has ended meanwhile.
 */
export const requestEmailChange = (
  deps: Deps,
  { clientId, sessionId, email, correlationId }: Request,
): Promise<void> =>
  deps.database.transaction(async (tx) => {
    await lockSession(tx, { clientId, sessionId });
    const client = await findProfile(tx, clientId);
    if (client === undefined) return;
    if ((await countEmailChanges(tx, clientId)) >= RESET_MAILS_PER_HOUR) return;
    const token = newToken();
    await insertLink(tx, {
      ...{ tokenHash: hashToken(token), clientId, purpose: "email_change", email },
      lifeSeconds: EMAIL_CHANGE_SECONDS,
    });
    const holder = await findByEmail(tx, emailKey(email));
    // A sign-up that is not confirmed has no right to the address.
    const isTaken = holder && holder.status !== "pending" && holder.clientId !== clientId;
    const mail = isTaken ? knownEmailMail() : newAddressMail(deps.config.publicUrl, token);
    await sendMail(deps, tx, email, mail);
    await sendMail(deps, tx, client.email, addressChangeMail(client.firstName, "asked"));
    const action = "email_change_asked";
    await recordAudit(tx, { clientId, action, subject: clientId, correlationId });
  });

type Confirmation = { readonly token: string; readonly correlationId: string };
type Confirmed = Outcome<EmailChange, { readonly code: "invalid_link" }>;

/**
 * Changes the address by the link's token and notifies the old address. Of two clients who confirm the
 * same address at once, one gets it.
 */
export const confirmEmailChange = async (
  deps: Deps,
  confirmation: Confirmation,
): Promise<Confirmed> => {
  try {
    return await useLink(deps, confirmation);
  } catch (error) {
    if (sqlState(error) === UNIQUE_VIOLATION) return refuse({ code: "invalid_link" });
    throw error;
  }
};

const useLink = (deps: Deps, { token, correlationId }: Confirmation): Promise<Confirmed> =>
  deps.database.transaction(async (tx) => {
    const change = await changeEmail(tx, hashToken(token));
    if (change === undefined) return refuse({ code: "invalid_link" });
    const { clientId, firstName, oldEmail, changed } = change;
    if (changed) {
      await sendMail(deps, tx, oldEmail, addressChangeMail(firstName, "done"));
      const action = "email_changed";
      await recordAudit(tx, { clientId, action, subject: clientId, correlationId });
    }
    return accept(change);
  });
