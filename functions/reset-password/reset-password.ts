import { passwordResetMail } from "../../layers/domain/identity/account-mail.ts";
import { examinePassword, type PasswordRefusal } from "../../layers/domain/identity/client.ts";
import { accept, type Outcome, refuse } from "../../layers/domain/outcome.ts";
import { isCommonPassword } from "../../layers/platform/credentials/common-passwords.ts";
import type { Passwords } from "../../layers/platform/credentials/passwords.ts";
import type { Seal } from "../../layers/platform/credentials/seal.ts";
import { hashToken } from "../../layers/platform/credentials/secrets.ts";
import type { NewId } from "../../layers/platform/ids.ts";
import { recordAudit } from "../../layers/store/audit/audit.ts";
import { revokeKeys } from "../../layers/store/identity/api-keys.ts";
import { setPassword } from "../../layers/store/identity/clients.ts";
import { findResetClient, useResetLink } from "../../layers/store/identity/links.ts";
import { endOtherSessions } from "../../layers/store/identity/sessions.ts";
import { sendMail } from "../../layers/store/notifications/mails.ts";
import type { Database } from "../../layers/store/pg/database.ts";

type Deps = {
  readonly database: Database;
  readonly newId: NewId;
  readonly passwords: Passwords;
  readonly seal: Seal;
};

type ResetRefusal = PasswordRefusal | { readonly code: "invalid_link" };

/**
 * Uses the link, sets the password, ends all sessions, revokes all API keys and notifies the owner, in
 * one transaction. A person who knew the old password may have created an API key.
 */
export const resetPassword = async (
  deps: Deps,
  request: { readonly token: string; readonly password: string; readonly correlationId: string },
): Promise<Outcome<undefined, ResetRefusal>> => {
  const { password, correlationId } = request;
  const tokenHash = hashToken(request.token);
  const client = await findResetClient(deps.database, tokenHash);
  if (client === undefined) return refuse({ code: "invalid_link" });
  const { clientId, email, firstName } = client;
  const facts = { isCommonPassword: isCommonPassword(password) };
  const examined = examinePassword(password, email, facts);
  if (!examined.ok) return examined;
  const passwordHash = await deps.passwords.hash(password);
  return deps.database.transaction(async (tx) => {
    if (!(await useResetLink(tx, clientId, tokenHash))) return refuse({ code: "invalid_link" });
    await setPassword(tx, clientId, passwordHash);
    await endOtherSessions(tx, { clientId, keep: undefined, reason: "password_changed" });
    await revokeKeys(tx, clientId);
    await sendMail(deps, tx, email, passwordResetMail(firstName));
    await recordAudit(tx, { clientId, action: "password_reset", subject: clientId, correlationId });
    return accept(undefined);
  });
};
