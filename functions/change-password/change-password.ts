import type { ClientId } from "../../layers/domain/identifiers.ts";
import { passwordChangedMail } from "../../layers/domain/identity/account-mail.ts";
import {
  emailKey,
  examinePassword,
  type PasswordRefusal,
} from "../../layers/domain/identity/client.ts";
import { accept, type Outcome, refuse } from "../../layers/domain/outcome.ts";
import { isCommonPassword } from "../../layers/platform/credentials/common-passwords.ts";
import { NOBODYS_HASH, type Passwords } from "../../layers/platform/credentials/passwords.ts";
import type { Seal } from "../../layers/platform/credentials/seal.ts";
import type { NewId } from "../../layers/platform/ids.ts";
import { recordAudit } from "../../layers/store/audit/audit.ts";
import { findCredentials, findProfile, setPassword } from "../../layers/store/identity/clients.ts";
import { endOtherSessions, lockSession } from "../../layers/store/identity/sessions.ts";
import { countAttempt, forgive } from "../../layers/store/identity/throttle.ts";
import { sendMail } from "../../layers/store/notifications/mails.ts";
import type { Database } from "../../layers/store/pg/database.ts";

type Deps = {
  readonly database: Database;
  readonly newId: NewId;
  readonly passwords: Passwords;
  readonly seal: Seal;
};

type Request = {
  readonly clientId: ClientId;
  readonly sessionId: string;
  readonly currentPassword: string;
  readonly password: string;
  readonly correlationId: string;
};

export type ChangePasswordRefusal =
  | PasswordRefusal
  | { readonly code: "wrong_password" }
  | { readonly code: "too_many_attempts"; readonly retryAfterSeconds: number };

const GUESSES = { free: 5, maxSeconds: 900 };

/**
 * Sets a new password for a client who knows the old one, ends the other sessions, and notifies the
 * owner. Throws SessionEnded when the session of the request has ended meanwhile.
 */
export const changePassword = async (
  deps: Deps,
  request: Request,
): Promise<Outcome<undefined, ChangePasswordRefusal>> => {
  const { clientId, currentPassword, password } = request;
  const client = await findProfile(deps.database, clientId);
  if (client === undefined) return refuse({ code: "wrong_password" });
  const subject = `change password ${clientId}`;
  const retryAfterSeconds = await countAttempt(deps.database, subject, GUESSES);
  if (retryAfterSeconds > 0) return refuse({ code: "too_many_attempts", retryAfterSeconds });
  const known = await findCredentials(deps.database, emailKey(client.email));
  const hash = known?.passwordHash ?? NOBODYS_HASH;
  if (!(await deps.passwords.verify(currentPassword, hash)))
    return refuse({ code: "wrong_password" });
  const facts = { isCommonPassword: isCommonPassword(password) };
  const examined = examinePassword(password, client.email, facts);
  if (!examined.ok) return examined;
  const passwordHash = await deps.passwords.hash(password);
  await forgive(deps.database, { all: [subject], last: [] });
  await store(deps, { ...request, ...client, passwordHash });
  return accept(undefined);
};

const store = (
  deps: Deps,
  change: Request & {
    readonly email: string;
    readonly firstName: string;
    readonly passwordHash: string;
  },
): Promise<void> =>
  deps.database.transaction(async (tx) => {
    const { clientId, sessionId, email, firstName, correlationId } = change;
    await lockSession(tx, { clientId, sessionId });
    await setPassword(tx, clientId, change.passwordHash);
    await endOtherSessions(tx, { clientId, keep: sessionId, reason: "password_changed" });
    await sendMail(deps, tx, email, passwordChangedMail(firstName));
    const action = "password_changed";
    await recordAudit(tx, { clientId, action, subject: clientId, correlationId });
  });
